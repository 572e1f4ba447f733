import type { TObject } from '@sinclair/typebox'
import { messageOf, type Problem } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'
import type { OptionsSchema } from '../../core/plugin.ts'
import { remembered } from '../../core/remembered.ts'
import { compileOptions } from '../validators.ts'
import type { Find } from './compiled.ts'
import { knownKeys } from './schema-walk.ts'

/** What an entry of routes.yaml looks like. */
export interface Shape {
  readonly schema: JsonObject
  /** Puts the defaults into the value, and says what is wrong with it. */
  readonly check: Find
}

/** A plug as far as its options go. */
export interface Plug {
  readonly type: string
  readonly options: OptionsSchema
  readonly concurrency?: number
  readonly connects?: boolean
  readonly unique?: string
  check?(options: JsonObject): readonly Problem[] | Promise<readonly Problem[]>
  readonly checkedAlone?: readonly string[]
}

/** A schema as plain JSON, without the names that would clash in one ajv. */
export const plainSchema = remembered((schema: OptionsSchema): JsonObject => {
  const { $id, $schema, ...plain }: JsonObject = JSON.parse(JSON.stringify(schema))
  return plain
})

/** The shape that one schema describes. */
export const shapeOf = remembered((schema: OptionsSchema) => createShape(plainSchema(schema)))

const plugShapes = remembered((common: TObject) =>
  remembered((plug: Plug) => createShape(entrySchema(common, plug))),
)

/** The shape of a source or a sink of this type. */
export function plugShape(common: TObject, plug: Plug): Shape {
  return plugShapes(common)(plug)
}

function createShape(schema: JsonObject): Shape {
  return { schema, check: compileLeniently(schema) }
}

/** A plug whose schema is not in order makes each entry of its type wrong. */
function compileLeniently(schema: JsonObject): Shape['check'] {
  try {
    return compileOptions(schema)
  } catch (error) {
    const message = `the options schema of its plug is not in order: ${messageOf(error)}`
    return () => [{ path: ['type'], message }]
  }
}

/** The options that all have and those of the plug, side by side in one object; no others. */
export function entrySchema(common: TObject, { type, options, concurrency }: Plug): JsonObject {
  const own = plainSchema(options)
  const shared = plainSchema(common)
  const properties = {
    ...objectOf(own.properties),
    ...objectOf(shared.properties),
    type: { ...objectOf(objectOf(shared.properties).type), const: type, examples: [type] },
  }
  return {
    ...own,
    type: 'object',
    properties: withConcurrency(properties, concurrency),
    required: [...listOf(own.required), 'type'],
    ...(own.additionalProperties === undefined && onlyKnown(own)),
  }
}

/** JSON Schema's way to refuse keys that no part of a composed schema names differs from that of a plain one. */
function onlyKnown(own: JsonObject): JsonObject {
  const isComposed = ['allOf', 'anyOf', 'oneOf', 'if', '$ref'].some((keyword) => keyword in own)
  return isComposed ? { unevaluatedProperties: false } : { additionalProperties: false }
}

function withConcurrency(properties: JsonObject, byDefault: number | undefined): JsonObject {
  const { concurrency } = properties
  if (byDefault === undefined || !isObject(concurrency)) return properties
  return { ...properties, concurrency: { ...concurrency, default: byDefault } }
}

/** The plug's options that are called like one that all have, which would never reach it. */
export function takenOptions(common: TObject, plug: Plug): string[] {
  const shared = knownKeys(plainSchema(common))
  return knownKeys(plainSchema(plug.options)).filter((name) => shared.includes(name))
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function listOf(value: JsonObject[string] | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
