import type { WrittenPlace } from './document.ts'
import { hasReference, isWords, literalIn, OUTSIDE } from './env.ts'
import { hideAll } from './excerpt.ts'

/** Whether a value is a URL, or was to become one. */
export function isAddress({ path, source }: WrittenPlace): boolean {
  return source.includes('://') || (source !== '' && /url$/i.test(path.at(-1) ?? ''))
}

const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)?(.*@)?([^?#]*)(.*)$/is

/** Its user, password, query and fragment hidden; of what is no whole URL, all. References stay as written. */
export function hideInAddress(address: string): string {
  const [, scheme = '', user = '', host = '', rest = ''] = PARTS.exec(address) ?? []
  if (!hasReference(address) && (scheme === '' || !URL.canParse(address))) return hideAll(address)
  const [at, mark] = [user.slice(-1), rest.slice(0, 1)]
  const hide = (part: string) =>
    hasReference(part) && !givesAccess(address) ? part : hideAll(part)
  return scheme + hide(user.slice(0, -1)) + at + host + mark + hide(rest.slice(1))
}

/** Whether it holds a user, a password, a query or a fragment that does not come from outside. */
export function givesAccess(address: string): boolean {
  if (hasReference(address)) return accessIn(literalIn(address)).some(isWords)
  return URL.canParse(address) && secretsInAddress(address).length > 0
}

/** Whether a secret that is an address gives it away, by what it holds of its own: its path may be the secret. */
export function isLiteralAddress(address: string): boolean {
  const text = literalIn(address)
  const [, , , host = ''] = PARTS.exec(text) ?? []
  const path = host.replace(/^[^/]*/, '')
  return accessIn(text).some(isWords) || (isWords(path) && !path.includes(OUTSIDE))
}

/** A password, or a user by itself; each value of the query; the fragment. */
function accessIn(address: string): readonly string[] {
  const [, , user = '', , rest = ''] = PARTS.exec(address) ?? []
  const [, name = '', password = ''] = /^([^:]*):?(.*)@$/s.exec(user) ?? []
  return [password || name, ...rest.split(/[?#&]/).map((pair) => pair.replace(/^[^=]*=/, ''))]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The same parts as texts, as written and as a URL has them; of what is no whole URL, all. */
export function secretsInAddress(address: string): readonly string[] {
  const [, scheme = '', user = '', , rest = ''] = PARTS.exec(address) ?? []
  const url = URL.parse(address)
  if (scheme === '' || url === null) return [address]
  const [, name = '', password = ''] = /^([^:]*):?(.*)@$/s.exec(user) ?? []
  const written = [user.slice(0, -1), name, password, ...rest.split(/[?#]/)]
  const encoded = [url.username, url.password, url.search.slice(1), url.hash.slice(1)]
  const parts = [...written, ...encoded]
  const values = [...url.searchParams.values()].filter((value) => value.length >= SHORTEST_VALUE)
  const credentials = credentialsOf(decoded(url.username), decoded(url.password))
  const all = new Set([...parts, ...parts.map(decoded), ...values, credentials])
  return [...all].filter((part) => part !== '')
}

/** A value of the query that is shorter may be a word of every day; with its name it is hidden all the same. */
const SHORTEST_VALUE = 8

/** As Basic authentication sends them (RFC 7617); empty without any. */
export function credentialsOf(user: string, password: string): string {
  if (user === '' && password === '') return ''
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return btoa(String.fromCharCode(...bytes))
}
