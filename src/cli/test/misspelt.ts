import { misspeltIn } from '../../config/check/match.ts'
import { withoutReferences } from '../../config/check/references.ts'
import { plainSchema } from '../../config/check/shape.ts'
import type { JsonObject } from '../../core/event.ts'
import type { OptionsSchema } from '../../core/plugin.ts'

/** What tells of misspelt fields in an event, by the schema of its type. */
export function misspeltFields(
  schemas: Readonly<Record<string, OptionsSchema>>,
): (type: string, data: JsonObject) => readonly string[] {
  return (type, data) => {
    const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
    return schema ? misspeltIn(data, withoutReferences(plainSchema(schema))) : []
  }
}
