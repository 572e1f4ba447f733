import type { TObject } from '@sinclair/typebox'
import { ConfigError, messageOf, type Problem } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/event.ts'
import { within } from '../../core/within.ts'
import { findingsWithin } from '../text/dotted.ts'
import type { Finding } from './finding.ts'
import { split } from './split.ts'

interface Checking {
  check?(options: JsonObject): readonly Problem[] | Promise<readonly Problem[]>
}

/**
 * What is wrong with an entry: what its schema has found, and, where that leaves the plug's own options in order, what
 * the plug's own check says of them.
 */
export async function withPlugCheck(
  found: readonly Finding[],
  value: Json,
  common: TObject,
  plug: Checking,
): Promise<readonly Finding[]> {
  const isOfOthers = ({ path: [name = ''], onKey }: Finding) =>
    onKey || Object.hasOwn(common.properties, name)
  if (!found.every(isOfOthers)) return found
  const [, options] = split(value, common)
  return [...found, ...(await checkByPlug(plug, options))]
}

/** A plugin that never answers must not keep the file from being read. */
const CHECK_MS = 5_000
const tooLate = () => new Error(`its check has not come to an end within ${CHECK_MS / 1000} s`)

/** Like any code it may throw. */
async function checkByPlug(plug: Checking, options: JsonObject): Promise<Finding[]> {
  try {
    const check = async () => (await plug.check?.(options)) ?? []
    return findingsWithin(options, await within(CHECK_MS, check, tooLate))
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : undefined
    return findingsWithin(options, problems ?? [{ path: '', message: messageOf(error) }])
  }
}
