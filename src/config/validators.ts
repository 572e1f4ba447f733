import type { TSchema } from '@sinclair/typebox'
import { _, Ajv2019, type KeywordCxt, type Options } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import type { JsonObject } from '../core/event.ts'
import { type Find, findWith, validateWith } from './check/compiled.ts'

/** `verbose` gives findingsOf the schemas; types are never changed to fit. */
const settings = { strict: true, allErrors: true, verbose: true, allowUnionTypes: true } as const

const forOptions = createAjv({ useDefaults: true })
const forEvents = createAjv({})

/** In the gateway's own settings, and with its keyword `secret`. */
export function createAjv(options: Options): Ajv2019 {
  const ajv = new Ajv2019({ ...settings, ...options })
  addFormats.default(ajv)
  ajv.addKeyword({ keyword: 'secret', schemaType: 'boolean', code: checkSecret })
  return ajv
}

/**
 * `secret: true` marks what is masked everywhere, a value or a list of them; an empty one would protect nothing. Code
 * and no function, so that it can be compiled ahead.
 */
function checkSecret(context: KeywordCxt): void {
  const { schema, data } = context
  if (schema !== true) return
  context.fail(_`[${data}].flat().some((one) => typeof one === "string" && one.trim() === "")`)
}

/** Says what is wrong with a value, and puts the defaults into it. Throws when the schema itself is not in order. */
export function compileOptions(schema: JsonObject): Find {
  return findWith(forOptions.compile(schema))
}

/**
 * What is wrong with an event's data by the schema of its type; nothing where the type has none. A schema is compiled
 * for the first event of its type: all of them together take a fifth of a second, which no command has to spend.
 */
export function compileValidators(
  schemas: Readonly<Record<string, TSchema>>,
): (type: string, data: JsonObject) => readonly string[] {
  const byType = new Map(
    Object.entries(schemas).map(([type, schema]) => [type, once(() => compileEvent(schema))]),
  )
  return validateWith((type) => byType.get(type)?.())
}

function compileEvent(schema: TSchema): Find {
  return findWith(forEvents.compile(schema))
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
