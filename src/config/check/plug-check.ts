import type { TObject } from '@sinclair/typebox'
import { ConfigError, messageOf, type Problem } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/event.ts'
import { findingsWithin } from '../text/dotted.ts'
import type { Finding } from './finding.ts'
import { split } from './split.ts'

interface Checking {
  check?(options: JsonObject): readonly Problem[]
}

/**
 * What is wrong with an entry: what its schema has found, and, where that leaves the plug's own options in order, what
 * the plug's own check says of them.
 */
export function withPlugCheck(
  found: readonly Finding[],
  value: Json,
  common: TObject,
  plug: Checking,
): readonly Finding[] {
  const isOfOthers = ({ path: [name = ''], onKey }: Finding) =>
    onKey || Object.hasOwn(common.properties, name)
  if (!found.every(isOfOthers)) return found
  const [, options] = split(value, common)
  return [...found, ...checkByPlug(plug, options)]
}

/** Like any code it may throw. */
function checkByPlug(plug: Checking, options: JsonObject): Finding[] {
  try {
    return findingsWithin(options, plug.check?.(options) ?? [])
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : undefined
    return findingsWithin(options, problems ?? [{ path: '', message: messageOf(error) }])
  }
}
