import type { TObject } from '@sinclair/typebox'
import type { Ajv2019 } from 'ajv/dist/2019.js'
import standaloneCode from 'ajv/dist/standalone/index.js'
import type { JsonObject } from '../core/event.ts'
import type { OptionsSchema } from '../core/plugin.ts'
import { sinkSchema, sourceSchemaOf } from './check/options.ts'
import { entrySchema, type Plug, plainSchema } from './check/shape.ts'
import { createAjv, createEventAjv, type Whose } from './validators.ts'

/**
 * The text of a module whose default export has a check (CompiledCheck) for the sources of each type. It still asks for
 * a few files of ajv's by `require`: a bundler puts them in. Throws where a schema is not in order. So do the others.
 */
export function standaloneSources(types: readonly Plug[]): string {
  return standaloneEntries(types, sourceSchemaOf)
}

export function standaloneSinks(types: readonly Plug[]): string {
  return standaloneEntries(types, () => sinkSchema)
}

function standaloneEntries(types: readonly Plug[], commonTo: (plug: Plug) => TObject): string {
  const schemas = types.map((plug) => [plug.type, entrySchema(commonTo(plug), plug)] as const)
  return standaloneChecks(schemas, createAjv({ useDefaults: true, code }))
}

/** The same for the data of events of each type. */
export function standaloneEvents(
  schemas: Readonly<Record<string, OptionsSchema>>,
  whose: Whose = 'ours',
): string {
  const plain = Object.entries(schemas).map(
    ([type, schema]) => [type, plainSchema(schema)] as const,
  )
  const checks = standaloneChecks(plain, createEventAjv(whose, { code }))
  // For the regular expressions in it, if it has any: a bundler leaves out what is not used.
  return whose === 'ours' ? checks : `import { RE2JS } from 're2js'\n${checks}`
}

const code = { source: true, esm: true, lines: true } as const

function standaloneChecks(
  schemas: readonly (readonly [name: string, schema: JsonObject])[],
  ajv: Ajv2019,
): string {
  // Two types may have one schema, and ajv tells schemas apart by the object.
  for (const [index, [, schema]] of schemas.entries()) ajv.addSchema({ ...schema }, idOf(index))
  const ids = Object.fromEntries(schemas.map((_, index) => [idOf(index), idOf(index)]))
  const entries = schemas.map(([name], index) => `${JSON.stringify(name)}: ${idOf(index)}`)
  return `${standaloneCode.default(ajv, ids)}\nexport default { ${entries.join(', ')} }\n`
}

function idOf(index: number): string {
  return `check${index}`
}
