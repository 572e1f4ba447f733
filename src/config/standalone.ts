import standaloneCode from 'ajv/dist/standalone/index.js'
import type { JsonObject } from '../core/event.ts'
import { createAjv } from './validators.ts'

/** How checks are compiled ahead; the same settings as where they are compiled at run time. */
interface Settings {
  /** Whether a check gives a value its defaults. */
  readonly useDefaults: boolean
}

/**
 * The text of a module whose default export has a check (CompiledCheck) for each schema, by its name. It still asks for
 * a few files of ajv's by `require`: a bundler puts them in. Throws where a schema is not in order.
 */
export function standaloneChecks(
  schemas: Readonly<Record<string, JsonObject>>,
  { useDefaults }: Settings,
): string {
  const ajv = createAjv({ useDefaults, code: { source: true, esm: true, lines: true } })
  const names = Object.keys(schemas)
  for (const [index, schema] of Object.values(schemas).entries()) ajv.addSchema(schema, idOf(index))
  const ids = Object.fromEntries(names.map((_, index) => [idOf(index), idOf(index)]))
  const entries = names.map((name, index) => `${JSON.stringify(name)}: ${idOf(index)}`)
  return `${standaloneCode.default(ajv, ids)}\nexport default { ${entries.join(', ')} }\n`
}

function idOf(index: number): string {
  return `check${index}`
}
