import { isObject, type Json, type JsonObject } from '../../core/event.ts'

const UNIONS = ['anyOf', 'oneOf', 'allOf'] as const

/** A schema and all that its unions and intersections are made of. */
export function partsOf(schema: JsonObject): JsonObject[] {
  return [schema, ...UNIONS.flatMap((union) => schemasIn(schema[union])).flatMap(partsOf)]
}

/** The same without those that do nothing but hold others. */
export function alternatives(schema: JsonObject): JsonObject[] {
  return partsOf(schema).filter((part) => {
    return 'type' in part || 'properties' in part || !UNIONS.some((union) => union in part)
  })
}

/** The schemas of one property. */
export function propertySchemas(schema: JsonObject, name: string): JsonObject[] {
  return alternatives(schema).flatMap(({ properties, patternProperties, ...rest }) => {
    const own =
      isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
    if (isObject(own)) return [own]
    const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : []
    const matching = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(name))
    const schemas = matching.map(([, value]) => value)
    return [...schemas, rest.additionalProperties].filter(isObject)
  })
}

/** The schemas of a list's entries. */
export function itemSchemas(schema: JsonObject): JsonObject[] {
  return alternatives(schema).flatMap(({ items }) => (isObject(items) ? [items] : schemasIn(items)))
}

/** The properties that a schema names, also in its unions. */
export function knownKeys(schema: JsonObject): string[] {
  return alternatives(schema).flatMap(({ properties }) =>
    isObject(properties) ? Object.keys(properties) : [],
  )
}

function schemasIn(list: Json | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}
