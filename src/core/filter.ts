import { leavesOf, matchesRule } from './match.ts'
import { parsePattern } from './pattern.ts'
import type { Field, Rule } from './rule.ts'

const maxShown = 5
const maxShownLength = 100

/**
 * Compiles an event pattern (the dialect of AWS EventBridge) to a predicate over parsed JSON, which never throws; what
 * is not an object matches nothing. Throws ConfigError with every problem, `path` being where in the pattern it is.
 */
export function compileFilter(pattern: unknown): (value: unknown) => boolean {
  const rules = parsePattern(pattern)
  return (value) => rules.some((rule) => matchesRule(rule, value))
}

/** Why a value does not match a pattern, for people: the first condition that failed. Undefined when it matches. */
export function explainFilter(pattern: unknown, value: unknown): string | undefined {
  const reasons = new Set<string>()
  for (const rule of parsePattern(pattern)) {
    if (matchesRule(rule, value)) return undefined
    if (reasons.size <= maxShown) reasons.add(explainRule(rule, value))
  }
  return list([...reasons], '; ')
}

function explainRule(rule: Rule, value: unknown): string {
  const failed = rule.find((field) => !matchesRule([field], value))
  if (failed !== undefined) return explainField(failed, value)
  const paths = rule.map(({ path }) => path)
  return `${list(paths, ', ')}: each matches, but not in one element of a list`
}

function explainField({ path, conditions }: Field, value: unknown): string {
  const leaves = leavesOf(value, path).map((leaf) => JSON.stringify(leaf))
  if (leaves.length === 0) return `${path}: absent`
  if (conditions.length === 0) return `${path}: ${list(leaves, ', ')} is present`
  const wanted = list(
    conditions.map(({ text }) => text),
    ', ',
  )
  const plain = conditions.every(({ lookup }) => lookup?.by === 'value' || lookup?.by === 'address')
  return `${path}: ${list(leaves, ', ')} ${plain ? 'is not one of' : 'does not match'} ${wanted}`
}

function list(texts: readonly string[], separator: string): string {
  const shown = texts
    .slice(0, maxShown)
    .map((text) => (text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text))
  const more = texts.length - shown.length
  return shown.join(separator) + (more > 0 ? `${separator}and ${more} more` : '')
}
