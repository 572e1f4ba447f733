import { parseAddress } from '../filter/cidr.ts'

/** An IP address, or those that begin with the same `bits`. */
export interface Range {
  /** As `parseAddress` gives it: 8 hexadecimal digits (v4) or 32 (v6). */
  readonly digits: string
  readonly bits: number
}

/**
 * A host as URLs write it, whatever the spelling it came in: `2852039166` and `0xa9.0xfe.43518` are 169.254.169.254,
 * `Bücher.example.` is xn--bcher-kva.example. Without brackets, zone and trailing dot.
 */
export function canonicalHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const written = bare.includes(':') ? `[${bare.replace(/%.*$/, '')}]` : bare
  const url = NO_HOST.test(written) ? null : URL.parse(`http://${written}/`)
  const canonical = url?.hostname ?? bare.toLowerCase()
  return canonical.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/**
 * What ends a URL's host, hides in it or stands for other letters. A resolver takes it as it is: a Kafka broker that
 * calls itself `kafka.example.com/.evil.example` must not pass for the former.
 */
const NO_HOST = /[\0-\x20\x7f/\\?#@%]/

/** The digits of a host that is an IP address, however it is spelt; undefined for a name. */
export function addressOf(host: string): string | undefined {
  return parseAddress(canonicalHost(host))
}

/** Reads `10.0.0.0/8`, `fe80::/10` or a single address, each in its usual form alone; undefined for any other text. */
export function parseRange(text: string): Range | undefined {
  const [host = '', mask, ...rest] = text.split('/')
  const digits = host.includes(':') ? addressOf(host) : parseAddress(host)
  if (digits === undefined || rest.length > 0 || host.includes('%')) return undefined
  const most = digits.length * 4
  if (mask === undefined) return { digits, bits: most }
  const bits = /^\d{1,3}$/.test(mask) ? Number(mask) : Number.NaN
  return bits <= most ? { digits, bits } : undefined
}

/** Whether all of `inner` is in `outer`. */
export function isWithin(inner: Range, outer: Range): boolean {
  if (inner.digits.length !== outer.digits.length || inner.bits < outer.bits) return false
  const whole = outer.bits >> 2
  if (!inner.digits.startsWith(outer.digits.slice(0, whole))) return false
  const unused = 4 - (outer.bits & 3)
  return unused === 4 || digitAt(inner, whole) >> unused === digitAt(outer, whole) >> unused
}

function digitAt({ digits }: Range, index: number): number {
  return Number.parseInt(digits.charAt(index), 16)
}

/** The range that is one address. */
export function only(digits: string): Range {
  return { digits, bits: digits.length * 4 }
}

/**
 * IPv6 addresses that stand for an IPv4 one: what they begin with, and where its digits are. Mapped ones
 * (::ffff:0:0/96) are not here: `parseAddress` reads them as what they stand for.
 */
const TRANSITIONS: readonly { readonly from: RegExp; read(digits: string): readonly string[] }[] = [
  // IPv4-compatible (RFC 4291), but for :: and ::1.
  { from: /^0{24}(?!0{7}[01]$)/, read: last },
  // IPv4-translated (RFC 2765).
  { from: /^0{16}ffff0000/, read: last },
  // NAT64 (RFC 6052).
  { from: /^0064ff9b0{16}/, read: last },
  // NAT64 of a site's own (RFC 8215), with each length of prefix that RFC 6052 knows and that fits.
  { from: /^0064ff9b0001/, read: nat64 },
  // 6to4 (RFC 3056).
  { from: /^2002/, read: (digits) => [digits.slice(4, 12)] },
  // Teredo (RFC 4380): the server, and the client with all bits turned round.
  { from: /^20010000/, read: (digits) => [digits.slice(8, 16), ...last(digits).map(inverted)] },
  // ISATAP (RFC 5214), under any prefix.
  { from: /^.{16}0[02]005efe/, read: last },
]

/** The address itself, and the IPv4 ones that it stands for. */
export function meaningsOf(digits: string): readonly string[] {
  if (digits.length === 8) return [digits]
  return [
    digits,
    ...TRANSITIONS.flatMap(({ from, read }) => (from.test(digits) ? read(digits) : [])),
  ]
}

function last(digits: string): readonly string[] {
  return [digits.slice(24)]
}

/**
 * Nothing says how long the prefix is. Behind a short one the address stands on both sides of digits 16 and 17, which
 * are zero, and all that follows it is zero too.
 */
function nat64(digits: string): readonly string[] {
  const behind = [12, 14, 16].flatMap((length) => {
    const rest = digits.slice(length, 16) + digits.slice(18)
    return /^0*$/.test(rest.slice(8)) ? [rest.slice(0, 8)] : []
  })
  return [...behind, ...last(digits)].filter((address) => !address.startsWith('00'))
}

function inverted(digits: string): string {
  return (0xffff_ffff - Number.parseInt(digits, 16)).toString(16).padStart(8, '0')
}
