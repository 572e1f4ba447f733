import { isObject } from '../../core/event.ts'

/** The same for equal data, whatever the order of its keys; a digest, as the data holds secrets. */
export async function fingerprintOf(data: unknown): Promise<string> {
  const text = JSON.stringify(data, (_, value: unknown) =>
    isObject(value) ? sorted(value) : value,
  )
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
