import { _, Ajv2019, type KeywordCxt, type Options } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import { messageOf } from '../core/errors.ts'
import type { JsonObject } from '../core/event.ts'
import type { OptionsSchema } from '../core/plugin.ts'
import { type Find, findWith, validateWith } from './check/compiled.ts'
import type { Finding } from './check/finding.ts'
import { findingsOf } from './check/sentences.ts'

/** `verbose` gives findingsOf the schemas; types are never changed to fit. */
const settings = { strict: true, allErrors: true, verbose: true, allowUnionTypes: true } as const

/** Schemas of events may be people's own: what is no mistake in them is let be. */
export const eventSettings = {
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
} as const

const forOptions = createAjv({ useDefaults: true })

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
  schemas: Readonly<Record<string, OptionsSchema>>,
): (type: string, data: JsonObject) => readonly string[] {
  const ajv = createAjv(eventSettings)
  const byType = new Map(
    Object.entries(schemas).map(([type, schema]) => [
      type,
      once(() => findWith(ajv.compile(schema))),
    ]),
  )
  return validateWith((type) => byType.get(type)?.())
}

/** Why events cannot be checked against a schema of someone's own; empty where they can. */
export function checkEventSchema(schema: JsonObject): readonly Finding[] {
  const ajv = createAjv(eventSettings)
  if (!ajv.validateSchema(schema)) return findingsOf(ajv.errors ?? [])
  if (schema.$async !== undefined) return [{ path: ['$async'], message: 'must not be there' }]
  try {
    ajv.compile(schema)
    return []
  } catch (error) {
    return [{ path: [], message: messageOf(error).replace(/^strict mode: /, '') }]
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
