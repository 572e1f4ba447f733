import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { remembered } from '../../core/remembered.ts'

/** What replaces more is open: nothing is said of it. */
const MAX_OBJECTS = 10_000

/**
 * A schema for those who look up fields in it: with what its references lead to in their place, and with its conditions
 * as parts that may hold. One within itself is left open.
 */
export const withoutReferences = remembered((schema: JsonObject): JsonObject => {
  let left = MAX_OBJECTS
  function unfold(value: Json, open: readonly string[]): Json {
    if (Array.isArray(value)) return value.map((item) => unfold(item, open))
    if (!isObject(value)) return value
    if (left-- <= 0) return {}
    const entries = Object.entries(value).map(([key, inner]) => [key, unfold(inner, open)] as const)
    const own: JsonObject = Object.fromEntries(entries)
    const { $ref } = value
    const isNew = typeof $ref === 'string' && !open.includes($ref)
    const target = isNew ? targetOf(schema, $ref) : undefined
    const parts = [own.then, own.else, target && unfold(target, [...open, String($ref)])]
    const more = parts.filter((part) => isObject(part))
    if (more.length === 0) return own
    return { ...own, allOf: [...(Array.isArray(own.allOf) ? own.allOf : []), ...more] }
  }
  const unfolded = unfold(schema, [])
  return isObject(unfolded) ? unfolded : {}
})

/** What a JSON pointer of a URL's fragment leads to. */
function targetOf(schema: JsonObject, reference: string): Json | undefined {
  let found: Json | undefined = schema
  for (const part of decoded(reference).split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(found)) found = found[Number(key)]
    else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return found
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
