import { english, type ReasonWords } from '../reason-words.ts'
import { REDACTED } from '../redact.ts'
import { leavesOf, matchesRule } from './match.ts'
import { parsePattern, readParts } from './pattern.ts'
import { combine, type Field, fieldsOf, type Rule } from './rule.ts'

const maxShown = 5
const maxShownLength = 100
/** Of a pattern's combinations: most fail by the same few conditions. */
const maxExplained = 1000

/**
 * Compiles an event pattern (the dialect of AWS EventBridge) to a predicate over parsed JSON, which never throws; what
 * is not an object matches nothing. Throws ConfigError with every problem, `path` being where in the pattern it is.
 */
export function compileFilter(pattern: unknown): (value: unknown) => boolean {
  const rules = parsePattern(pattern)
  return (value) => rules.some((rule) => matchesRule(rule, value))
}

/**
 * Compiles a pattern to what says, for people, why a value does not match: the first condition that failed, in the order
 * in which the pattern has them; of a `$or`, that of each way to meet it. Undefined when it matches. What is found is told
 * as `shown` has it, the value itself by default, in English unless other `words` are given. Throws ConfigError.
 */
export function compileExplanation(
  pattern: unknown,
): (value: unknown, shown?: unknown, words?: ReasonWords) => string | undefined {
  const parts = readParts(pattern)
  const order = new Map(fieldsOf(parts).map((field, index) => [field, index]))
  const placeOf = (field: Field) => order.get(field) ?? 0
  const rules = combine(parts)
  return (value, shown = value, say = english) => {
    if (rules.some((rule) => matchesRule(rule, value))) return undefined
    const reasons = new Set<string>()
    for (const rule of rules.slice(0, maxExplained)) {
      const written = rule.toSorted((a, b) => placeOf(a) - placeOf(b))
      reasons.add(explainRule(written, value, shown, say))
      if (reasons.size === maxShown) break
    }
    return [...reasons].join('; ')
  }
}

/** The fields in the order of the pattern. */
function explainRule(written: Rule, value: unknown, shown: unknown, say: ReasonWords): string {
  const failed = written.find((field) => !matchesRule([field], value))
  if (failed !== undefined) return explainField(failed, value, shown, say)
  const paths = written.map(({ path }) => path)
  return say.apart(list(paths, say))
}

function explainField(
  { path, conditions }: Field,
  value: unknown,
  shown: unknown,
  say: ReasonWords,
): string {
  if (leavesOf(value, path).length === 0) return say.absent(path)
  const leaves = leavesOf(shown, path).map((leaf) => shorten(JSON.stringify(leaf)))
  const found = `${path}: ${leaves.length === 0 ? REDACTED : list(leaves, say)}`
  if (conditions.length === 0) return say.present(found)
  const isPlain = conditions.every(
    ({ lookup }) => lookup?.by === 'value' || lookup?.by === 'address',
  )
  const wanted = conditions.map(({ text }) => shorten(text(say)))
  return (isPlain ? say.noneOf : say.unmet)(found, list(wanted, say))
}

function shorten(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}

function list(texts: readonly string[], { more }: ReasonWords): string {
  const left = texts.length - maxShown
  const shown = texts.slice(0, maxShown)
  return (left > 0 ? [...shown, more(left)] : shown).join(', ')
}
