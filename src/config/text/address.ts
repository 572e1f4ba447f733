import type { WrittenPlace } from './document.ts'
import { hasReference } from './env.ts'
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
  return scheme + hideLiteral(user.slice(0, -1)) + at + host + mark + hideLiteral(rest.slice(1))
}

function hideLiteral(text: string): string {
  return hasReference(text) ? text : hideAll(text)
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
  const all = new Set([...parts, ...parts.map(decoded), credentialsOf(url)])
  return [...all].filter((part) => part !== '')
}

/** As Basic authentication sends them (RFC 7617); empty without any. */
function credentialsOf({ username, password }: URL): string {
  if (username === '' && password === '') return ''
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
  return btoa(String.fromCharCode(...bytes))
}
