import { ConfigError, messageOf, type Problem } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import { findingsWithin } from '../text/dotted.ts'
import type { Finding } from './finding.ts'

/** What a plug's own check says of its options, which its schema has found in order. Like any code it may throw. */
export function checkByPlug(
  plug: { check?(options: JsonObject): readonly Problem[] } | undefined,
  options: JsonObject,
): Finding[] {
  try {
    return findingsWithin(options, plug?.check?.(options) ?? [])
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : undefined
    return findingsWithin(options, problems ?? [{ path: '', message: messageOf(error) }])
  }
}
