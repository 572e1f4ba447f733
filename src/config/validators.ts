import { _, Ajv2019, type KeywordCxt, type Options } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import { messageOf } from '../core/errors.ts'
import type { JsonObject } from '../core/event.ts'
import type { OptionsSchema } from '../core/plugin.ts'
import { boundKeywords } from './check/bounded.ts'
import { type Find, findWith, validateWith } from './check/compiled.ts'
import type { Finding } from './check/finding.ts'
import { linearRegExp } from './check/linear-regexp.ts'
import { findingsOf } from './check/sentences.ts'

/**
 * `verbose` gives findingsOf the schemas; types are never changed to fit. That a schema is one is for tests to see where it
 * is the gateway's own, and for those who read it where it is not: at every start it would take 40 ms.
 */
const settings = {
  strict: true,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  validateSchema: false,
} as const

/** Whose the schemas of events are: the gateway's own, or people's. */
export type Whose = 'ours' | 'theirs'

/** What checks a file a few times only is not worth optimizing, which takes half of the time to compile it. */
const forOptions = createAjv({ useDefaults: true, code: { optimize: false } })

/** In the gateway's own settings, and with its keyword `secret`. */
export function createAjv(options: Options): Ajv2019 {
  const ajv = new Ajv2019({ ...settings, ...options })
  addFormats.default(ajv)
  ajv.addKeyword({ keyword: 'secret', schemaType: 'boolean', code: checkSecret })
  return ajv
}

/**
 * For schemas of events. What is no mistake in people's own is let be, and to check an event against them takes hardly
 * longer than the event is long, whoever sent it.
 */
export function createEventAjv(whose: Whose, { code = {}, ...options }: Options = {}): Ajv2019 {
  const lenient = { strictTypes: false, strictTuples: false, strictRequired: false, ...options }
  if (whose === 'ours') return createAjv({ ...lenient, code })
  const bounded = { passContext: true, code: { ...code, regExp: linearRegExp } }
  const ajv = createAjv({ ...lenient, ...bounded })
  boundKeywords(ajv)
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

/** Throws where the schema of a plugin's options is none. */
export function checkOptionsSchema(schema: JsonObject): void {
  forOptions.validateSchema(schema, true)
}

/**
 * What is wrong with an event's data by the schema of its type; nothing where the type has none. A schema is compiled
 * for the first event of its type: all of them together take a fifth of a second, which no command has to spend.
 */
export function compileValidators(
  schemas: Readonly<Record<string, OptionsSchema>>,
  whose: Whose = 'ours',
): (type: string, data: JsonObject) => readonly string[] {
  const ajv = createEventAjv(whose)
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
  const unknown: string[] = []
  const logger = { log() {}, error() {}, warn: (text: unknown) => void unknown.push(String(text)) }
  // It would throw for the first keyword that it does not know.
  const ajv = createEventAjv('theirs', { strictSchema: 'log', logger })
  if (!ajv.validateSchema(schema)) return findingsOf(ajv.errors ?? [])
  if (schema.$async !== undefined) return [{ path: ['$async'], message: 'must not be there' }]
  const others = reasonsNot(() => ajv.compile(schema))
  return [...unknown, ...others].map((text) => ({
    path: [],
    message: text.replace(/^strict mode: /, ''),
  }))
}

function reasonsNot(task: () => unknown): readonly string[] {
  try {
    task()
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
