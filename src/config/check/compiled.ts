import type { ErrorObject } from 'ajv'
import type { JsonObject } from '../../core/event.ts'
import type { Finding } from './finding.ts'
import { findingsOf } from './sentences.ts'

/** What ajv makes of a schema, at run time or ahead. `errors` is about the value that it was last called with. */
export interface CompiledCheck {
  (value: unknown): boolean
  errors?: readonly ErrorObject[] | null
}

/** Says what is wrong with a value, as far as it `counts`, and gives it its defaults where the check was made to. */
export type Find = (value: unknown, counts?: (error: ErrorObject) => boolean) => Finding[]

export function findWith(check: CompiledCheck): Find {
  return (value, counts = () => true) =>
    check(value) ? [] : findingsOf((check.errors ?? []).filter(counts))
}

/** What is wrong with an event's data by the check of its type; nothing where the type has none. */
export function validateWith(
  checkOf: (type: string) => ((value: unknown) => Finding[]) | undefined,
): (type: string, data: JsonObject) => readonly string[] {
  return (type, data) => {
    const findings = checkOf(type)?.(data) ?? []
    return findings.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  }
}
