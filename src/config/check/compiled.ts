import type { ErrorObject } from 'ajv'
import type { JsonObject } from '../../core/event.ts'
import type { Finding } from './finding.ts'
import { findingsOf } from './sentences.ts'

/** What ajv makes of a schema, at run time or ahead. `errors` is about the value that it was last called with. */
export interface CompiledCheck {
  (this: CheckContext, value: unknown): boolean
  errors?: readonly ErrorObject[] | null
}

/** What one check may still do. */
export interface CheckContext {
  /** Of those that it follows in someone's own schema (`$ref`). Throws RangeError when there are more. */
  referencesLeft: number
}

/** In the worst case they take a fifth of a second. */
const MAX_REFERENCES = 20_000

/** Of ajv's: to put one in words, with what was probably meant, takes far longer than to find it. */
const MAX_ERRORS = 2000

/** Says what is wrong with a value, as far as it `counts`, and gives it its defaults where the check was made to. */
export type Find = (value: unknown, counts?: (error: ErrorObject) => boolean) => Finding[]

export function findWith(check: CompiledCheck): Find {
  return (value, counts = () => true) =>
    check.call({ referencesLeft: MAX_REFERENCES }, value)
      ? []
      : findingsOf((check.errors ?? []).filter(counts).slice(0, MAX_ERRORS))
}

/** What is wrong with an event's data by the check of its type; nothing where the type has none. */
export function validateWith(
  checkOf: (type: string) => Find | undefined,
): (type: string, data: JsonObject) => readonly string[] {
  return (type, data) => {
    const problems = problemsIn(data, checkOf(type))
    const hasMore = problems.length > MAX_PROBLEMS
    return hasMore ? [...problems.slice(0, MAX_PROBLEMS), 'and more'] : problems
  }
}

/** Of one event: they are stored. */
const MAX_PROBLEMS = 100

function problemsIn(data: JsonObject, find: Find = () => []): readonly string[] {
  try {
    return find(data).map(({ path, message }) =>
      [path.join('.'), message].filter(Boolean).join(': '),
    )
  } catch (error) {
    // Of the stack, or of references.
    if (!(error instanceof RangeError)) throw error
    return ['is nested too deep, or too large, to be checked by the schema of its type']
  }
}
