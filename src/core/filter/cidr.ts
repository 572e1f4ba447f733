/** An IP address as hexadecimal digits, 8 (v4) or 32 (v6); undefined for any other text. */
export function parseAddress(text: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return parseV4(text)
  if (/^[0-9a-f:]*:[0-9a-f:]*$/i.test(text)) return parseV6(text)
  return undefined
}

/** Whether an address (as `parseAddress` gives it) is in a range. */
type AddressRange = (address: string) => boolean

/** Reads `10.0.0.0/8` or `2001:db8::/32`. A string says what is wrong with it. */
export function parseCidr(cidr: string): AddressRange | string {
  const [host = '', mask = '', ...rest] = cidr.split('/')
  const address = parseAddress(host)
  if (address === undefined || rest.length > 0 || !/^\d+$/.test(mask)) {
    return 'a CIDR is an IP address, a slash and a number of bits, as in 10.0.0.0/8'
  }
  const hostBits = address.length * 4 - Number(mask)
  if (hostBits < 1) {
    return `the mask of this CIDR has at most ${address.length * 4 - 1} bits; write a single address as a plain value`
  }
  const network = BigInt(`0x${address}`) >> BigInt(hostBits)
  return (other) =>
    other.length === address.length && BigInt(`0x${other}`) >> BigInt(hostBits) === network
}

function parseV4(text: string): string | undefined {
  const bytes = text.split('.').map(Number)
  if (bytes.some((byte) => byte > 255)) return undefined
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function parseV6(text: string): string | undefined {
  const [before = '', after, ...rest] = text.split('::')
  const head = parseGroups(before)
  const tail = parseGroups(after ?? '')
  if (head === undefined || tail === undefined || rest.length > 0) return undefined
  const zeros = 8 - head.length - tail.length
  if (after === undefined ? zeros !== 0 : zeros < 1) return undefined
  const digits = [...head, ...Array<string>(zeros).fill('0000'), ...tail].join('')
  const mapped = digits.startsWith('00000000000000000000ffff')
  return mapped ? digits.slice(-8) : digits
}

function parseGroups(text: string): readonly string[] | undefined {
  if (text === '') return []
  const groups = text.toLowerCase().split(':')
  if (!groups.every((group) => /^0*[0-9a-f]{1,4}$/.test(group))) return undefined
  return groups.map((group) => group.slice(-4).padStart(4, '0'))
}
