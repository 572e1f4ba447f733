import { isWithin, only, parseRange, type Range } from './address.ts'

/** What is refused unless routes.yaml names it, with what to call it. */
const REFUSED: readonly (readonly [what: string, ranges: readonly string[]])[] = [
  [
    "a link-local address, where clouds keep their instances' secrets",
    ['169.254.0.0/16', 'fe80::/10'],
  ],
  [
    "a cloud's metadata service",
    [
      '100.100.100.200', // Alibaba Cloud
      '168.63.129.16', // Azure
      '192.0.0.192', // Oracle Cloud
      '100.96.0.96', // Volcano Engine
      'fd00:ec2::/32', // AWS: metadata, and the credentials of containers
      'fd20:ce::254', // Google Cloud
      'fd00:c1::a9fe:a9fe', // Oracle Cloud
      'fd00:42::42', // Scaleway
    ],
  ],
  ["no receiver's address", ['0.0.0.0/8', '::']],
  ['a multicast address', ['224.0.0.0/4', 'ff00::/8']],
  ['the broadcast address', ['255.255.255.255']],
]

const ranges = REFUSED.flatMap(([what, texts]) =>
  texts.flatMap((text) => {
    const range = parseRange(text)
    return range ? [{ what, range }] : []
  }),
)

/** Names of metadata services: a proxy may look them up where the gateway does not. */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata.tencentyun.com',
  'metadata.azure.internal',
  'instance-data.ec2.internal',
])

/** What an address is that nothing may connect to by default; undefined for any other. */
export function refusedByDefault(digits: string): string | undefined {
  return ranges.find(({ range }) => isWithin(only(digits), range))?.what
}

export function isMetadataHost(name: string): boolean {
  return METADATA_HOSTS.has(name)
}

/** Whether a rule means these addresses in particular, and not just a wide range that they happen to be in. */
export function namesRefused(rule: Range): boolean {
  return rule.bits === rule.digits.length * 4 || ranges.some(({ range }) => isWithin(rule, range))
}
