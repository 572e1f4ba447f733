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
    if (reasons.size < maxShown) reasons.add(explainRule(rule, value))
  }
  return [...reasons].join('; ')
}

function explainRule(rule: Rule, value: unknown): string {
  const failed = rule.find((field) => !matchesRule([field], value))
  if (failed !== undefined) return explainField(failed, value)
  const paths = rule.map(({ path }) => path)
  return `${list(paths, ', ')}: each matches, but not in one element of a list`
}

function explainField({ path, conditions }: Field, value: unknown): string {
  const leaves = leavesOf(value, path).map((leaf) => shorten(JSON.stringify(leaf)))
  if (leaves.length === 0) return `${path}: absent`
  const found = `${path}: ${list(leaves, ', ')}`
  if (conditions.length === 0) return `${found} is present`
  const isPlain = conditions.every(
    ({ lookup }) => lookup?.by === 'value' || lookup?.by === 'address',
  )
  const wanted = conditions.map(({ text }) => shorten(text))
  return `${found} ${isPlain ? 'is not one of' : 'does not match'} ${list(wanted, ', ')}`
}

function shorten(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}

function list(texts: readonly string[], separator: string): string {
  const more = texts.length - maxShown
  const shown = texts.slice(0, maxShown).join(separator)
  return more > 0 ? `${shown}${separator}and ${more} more` : shown
}
