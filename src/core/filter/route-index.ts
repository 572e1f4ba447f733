import { parseAddress } from './cidr.ts'
import { type Condition, identity, type Leaf, type Lookup } from './condition.ts'
import { fold } from './ignore-case.ts'
import { leavesOf, matchesRule } from './match.ts'
import { parsePattern } from './pattern.ts'
import type { Field, Rule } from './rule.ts'

/** A rule, and the index of the pattern that it comes from. */
interface Candidate {
  /** What is to be checked; nothing where the rule matches because it was found. */
  readonly rule: Rule
  readonly pattern: number
  readonly id: number
}

/**
 * Compiles many patterns to one look-up that gives the ascending indices of those that match a value; an undefined
 * pattern matches everything. Each rule is filed under the field that tells it best from the others, so that a value
 * is held against the few rules that it is likely to match, however many there are. Throws ConfigError.
 */
export function createPatternIndex(
  patterns: readonly unknown[],
): (value: unknown) => readonly number[] {
  const candidates = patterns
    .flatMap((pattern, index) =>
      pattern === undefined ? [] : parsePattern(pattern).map((rule) => ({ rule, pattern: index })),
    )
    .map((candidate, id): Candidate => ({ ...candidate, id }))
  const always = [...patterns.keys()].filter((index) => patterns[index] === undefined)
  const { drawers, unfiled } = fileAll(candidates)

  return (value) => {
    const found = new Set(always)
    // Each leaf of a long list may bring up the same candidate.
    const refuted = new Set<number>()
    const check = (few: readonly Candidate[]) => {
      for (const { rule, pattern, id } of few) {
        if (found.has(pattern) || refuted.has(id)) continue
        if (matchesRule(rule, value)) found.add(pattern)
        else refuted.add(id)
      }
    }
    check(unfiled)
    for (const [path, drawer] of drawers) {
      for (const leaf of leavesOf(value, path)) drawer.open(leaf, check)
    }
    return [...found].sort((a, b) => a - b)
  }
}

/** The candidates that are filed under one path. */
interface Drawer {
  file(candidate: Candidate, conditions: readonly Condition[]): void
  /** Shows all candidates whose conditions a leaf may match. */
  open(leaf: Leaf, show: (candidates: readonly Candidate[]) => void): void
}

function fileAll(candidates: readonly Candidate[]) {
  const drawers = new Map<string, Drawer>()
  const unfiled: Candidate[] = []
  const costOf = createCosts(candidates)
  for (const candidate of candidates) {
    const field = cheapest(candidate.rule, costOf)
    if (field === undefined) {
      unfiled.push(candidate)
      continue
    }
    const drawer = drawers.get(field.path) ?? createDrawer()
    drawers.set(field.path, drawer)
    drawer.file(candidate, field.conditions)
  }
  return { drawers, unfiled }
}

/** What a field costs as the one to file under: how many rules its conditions bring up together, at the worst. */
function createCosts(candidates: readonly Candidate[]): (field: Field) => number {
  const uses = new Map<string, number>()
  for (const { rule } of candidates) {
    for (const { path, conditions } of rule) {
      for (const { lookup } of conditions) {
        const key = lookupKey(path, lookup)
        uses.set(key, (uses.get(key) ?? 0) + 1)
      }
    }
  }
  return ({ path, conditions, orAbsent }) => {
    if (orAbsent) return Number.POSITIVE_INFINITY
    return conditions.reduce((cost, { lookup }) => {
      if (!isSelective(lookup)) return cost + candidates.length
      return cost + (uses.get(lookupKey(path, lookup)) ?? 0)
    }, 0)
  }
}

function lookupKey(path: string, lookup: Lookup | undefined): string {
  return JSON.stringify([path, lookup?.by, lookup?.key])
}

/** Every text has the empty prefix. */
function isSelective(lookup: Lookup | undefined): lookup is Lookup {
  return lookup !== undefined && (lookup.key !== '' || lookup.by === 'value')
}

function cheapest(rule: Rule, costOf: (field: Field) => number): Field | undefined {
  let best: Field | undefined
  let bestCost = Number.POSITIVE_INFINITY
  for (const field of rule) {
    const cost = costOf(field)
    if (cost < bestCost) [best, bestCost] = [field, cost]
  }
  return best
}

function createDrawer(): Drawer {
  const values = new Map<Leaf, Candidate[]>()
  const folded = new Map<string, Candidate[]>()
  const addresses = new Map<string, Candidate[]>()
  const prefixes = createAffixes((text, length) => text.slice(0, length))
  const suffixes = createAffixes((text, length) => text.slice(-length))
  const others = new Map<string, { condition: Condition; candidates: Candidate[] }>()

  const fileUnder = (condition: Condition, candidate: Candidate) => {
    const { lookup, text } = condition
    if (!isSelective(lookup)) {
      const key = text(identity)
      const other = others.get(key) ?? { condition, candidates: [] }
      others.set(key, other)
      other.candidates.push(candidate)
    } else if (lookup.by === 'value') append(values, lookup.key, settle(candidate))
    else if (lookup.by === 'folded') append(folded, lookup.key, candidate)
    else if (lookup.by === 'address') append(addresses, lookup.key, candidate)
    else (lookup.by === 'prefix' ? prefixes : suffixes).file(lookup.key, candidate)
  }
  return {
    file(candidate, conditions) {
      for (const condition of conditions) fileUnder(condition, candidate)
    },
    open(leaf, show) {
      show(values.get(leaf) ?? [])
      if (typeof leaf === 'string') {
        if (folded.size > 0) show(folded.get(fold(leaf)) ?? [])
        if (addresses.size > 0) show(addresses.get(parseAddress(leaf) ?? '') ?? [])
        prefixes.open(leaf, show)
        suffixes.open(leaf, show)
      }
      for (const { condition, candidates } of others.values()) {
        if (condition.matches(leaf)) show(candidates)
      }
    },
  }
}

/** A rule of one field is not looked at again when one of its values has been found. */
function settle(candidate: Candidate): Candidate {
  return candidate.rule.length === 1 ? { ...candidate, rule: [] } : candidate
}

/** Candidates by prefix (or suffix): one look-up for each length that there is. */
function createAffixes(cut: (text: string, length: number) => string) {
  const byLength = new Map<number, Map<string, Candidate[]>>()
  return {
    file(affix: string, candidate: Candidate): void {
      const affixes = byLength.get(affix.length) ?? new Map<string, Candidate[]>()
      byLength.set(affix.length, affixes)
      append(affixes, affix, candidate)
    },
    open(text: string, show: (candidates: readonly Candidate[]) => void): void {
      for (const [length, affixes] of byLength) {
        if (length <= text.length) show(affixes.get(cut(text, length)) ?? [])
      }
    },
  }
}

function append<K>(map: Map<K, Candidate[]>, key: K, candidate: Candidate): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [candidate])
  else list.push(candidate)
}
