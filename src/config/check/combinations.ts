import { ConfigError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'
import { countRules } from '../../core/filter/pattern.ts'
import type { Finding } from './finding.ts'

/** As many as one pattern may have: all of them are held in memory. */
const MAX_TOGETHER = 1_000_000
const MANY = 10_000

export interface Combinations {
  /** The first route with which they are too many; infinite where they are not. */
  readonly tooManyFrom: number
  /** Paths begin with a route's index. */
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Counts the ways in which the patterns of all routes can match, without going through them. */
export function checkCombinations(routes: readonly Json[]): Combinations {
  const counts = routes.map(combinationsOf)
  let sum = 0
  const found = counts.findIndex((count) => {
    sum += count
    return sum > MAX_TOGETHER
  })
  const onMatch = (index: number, message: string) => {
    return { path: [String(index), 'match'], message }
  }
  const tooMany = `with the routes above it makes more than ${MAX_TOGETHER} combinations of $or: use fewer`
  return {
    tooManyFrom: found === -1 ? Number.POSITIVE_INFINITY : found,
    findings: found === -1 ? [] : [onMatch(found, tooMany)],
    warnings: counts.flatMap((count, index) =>
      count < MANY ? [] : [onMatch(index, `makes ${count} combinations of $or: each takes memory`)],
    ),
  }
}

/** None for a pattern that is not in order. */
function combinationsOf(route: Json): number {
  const match = isObject(route) ? route.match : undefined
  try {
    return isObject(match) ? countRules(match) : 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return 0
  }
}
