import { isObject } from '../event.ts'
import { isLeaf, type Leaf } from './condition.ts'
import type { Field, Rule } from './rule.ts'

type List = readonly unknown[]

/** What is left of a dotted path: undefined where the path has ended, as the empty text is a key like any other. */
type Rest = string | undefined

/** How deep lists may nest; no event of Feishu's comes near it, and what is deeper is not seen. */
const maxDepth = 1000

/**
 * How many ways of sharing out the fields over lists may be tried. An event whose keys have dots can offer two for each
 * field; what takes more is no match, or one event could hold up all others.
 */
const maxWays = 10_000

/** What a path leads to without entering an element of a list. */
interface Reached {
  readonly leaves: Leaf[]
  /** Lists with more than leaves in them, and what is left of the path there. */
  readonly lists: { readonly list: List; readonly rest: Rest }[]
}

/**
 * Whether an event, as parsed JSON, matches a rule. Objects in a list match together only within one element: fields
 * whose paths enter the same list must do so through the same element.
 */
export function matchesRule(rule: Rule, event: unknown): boolean {
  if (!isObject(event)) return false
  for (const field of rule) {
    const { leaves, lists } = reach(event, field.path)
    if (lists.length > 0) {
      return matchesTogether(rule.map(wantOf), { value: event, depth: 0, ways: { left: maxWays } })
    }
    if (!matchesHere(field, leaves)) return false
  }
  return true
}

function matchesHere(field: Field, leaves: readonly Leaf[]): boolean {
  return leaves.length === 0 ? field.orAbsent : leaves.some(field.matches)
}

/** All leaves of a path, whatever lists they are in. */
export function leavesOf(event: unknown, path: string): readonly Leaf[] {
  return isObject(event) ? leavesIn(event, path) : []
}

function leavesIn(from: unknown, path: Rest): readonly Leaf[] {
  const leaves: Leaf[] = []
  const pending = [{ value: from, rest: path, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const reached = reach(next.value, next.rest)
    for (const leaf of reached.leaves) leaves.push(leaf)
    const depth = next.depth + 1
    if (depth > maxDepth) continue
    for (const { list, rest } of reached.lists) {
      for (const value of list) if (isNested(value)) pending.push({ value, rest, depth })
    }
  }
  return leaves
}

function reach(from: unknown, path: Rest): Reached {
  const reached: Reached = { leaves: [], lists: [] }
  follow(from, path, reached)
  return reached
}

function follow(value: unknown, rest: Rest, reached: Reached): void {
  if (Array.isArray(value)) {
    if (rest === undefined) for (const leaf of value) if (isLeaf(leaf)) reached.leaves.push(leaf)
    if (value.some(isNested)) reached.lists.push({ list: value, rest })
  } else if (isObject(value)) {
    if (rest !== undefined) followKeys(value, rest, reached)
  } else if (rest === undefined && isLeaf(value)) {
    reached.leaves.push(value)
  }
}

/** An object's own keys may have dots, so that `a.b.c` may be under `a`, `a.b` and `a.b.c`. */
function followKeys(object: Readonly<Record<string, unknown>>, rest: string, reached: Reached) {
  for (let dot = rest.indexOf('.'); dot !== -1; dot = rest.indexOf('.', dot + 1)) {
    const key = rest.slice(0, dot)
    if (Object.hasOwn(object, key)) follow(object[key], rest.slice(dot + 1), reached)
  }
  if (Object.hasOwn(object, rest)) follow(object[rest], undefined, reached)
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** What is to be found: a leaf that matches, the lack of any leaf, or either. */
interface Want {
  readonly field: Field
  readonly rest: Rest
  readonly leaf: boolean
  readonly absence: boolean
}

function wantOf(field: Field): Want {
  return { field, rest: field.path, leaf: true, absence: field.orAbsent }
}

/** The wants that one element of a list must meet together. */
type Groups = ReadonlyMap<List, readonly Want[]>

/** Where wants are to be met: the event, or an element of one of its lists. */
interface Scope {
  readonly value: unknown
  readonly depth: number
  /** Shared by all scopes of one event. */
  readonly ways: { left: number }
}

function matchesTogether(wants: readonly Want[], scope: Scope): boolean {
  return scope.depth <= maxDepth && canPlace(wants, 0, new Map(), scope)
}

/** Gives each want, from `index` on, to where it is met: here, or in an element of a list. */
function canPlace(wants: readonly Want[], index: number, placed: Groups, scope: Scope): boolean {
  let groups = placed
  for (let next = index; next < wants.length; next++) {
    const ways = waysToPlace(wants, next, groups, scope.value)
    if (ways.length > 1) {
      return ways.some((way) => --scope.ways.left > 0 && canPlace(wants, next + 1, way, scope))
    }
    const [only] = ways
    if (only === undefined) return false
    groups = only
  }
  for (const [list, group] of groups) if (!hasMatch(list, group, scope)) return false
  return true
}

function hasMatch(list: List, wants: readonly Want[], { depth, ways }: Scope): boolean {
  for (const value of list) {
    if (isNested(value) && matchesTogether(wants, { value, depth: depth + 1, ways })) return true
  }
  return false
}

function waysToPlace(
  wants: readonly Want[],
  index: number,
  groups: Groups,
  scope: unknown,
): readonly Groups[] {
  const want = wants[index]
  if (want === undefined) return []
  const reached = reach(scope, want.rest)
  const ways: Groups[] = []
  if (want.leaf) {
    const isHere = reached.leaves.some(want.field.matches)
    if (isHere) ways.push(groups)
    for (const { list, rest } of reached.lists) {
      // Only an absence may profit from a field that is found deeper than it could be.
      if (isHere && !concernsAbsence(wants, scope, list)) continue
      ways.push(add(groups, list, { ...want, rest, absence: false }))
    }
  }
  if (want.absence) {
    const way = placeAbsence(want, reached, groups)
    if (way !== undefined) ways.push(way)
  }
  return ways
}

function concernsAbsence(wants: readonly Want[], scope: unknown, list: List): boolean {
  return wants.some(
    ({ absence, rest }) => absence && reach(scope, rest).lists.some((other) => other.list === list),
  )
}

/**
 * A leaf is absent though a list has it, if an earlier field has chosen an element of that list without it. Fields are
 * tried in the order of their paths; a later one no longer counts.
 */
function placeAbsence(want: Want, reached: Reached, placed: Groups): Groups | undefined {
  if (reached.leaves.length > 0) return undefined
  let groups = placed
  for (const { list, rest } of reached.lists) {
    if (leavesIn(list, rest).length === 0) continue
    if (!groups.get(list)?.some(({ leaf }) => leaf)) return undefined
    groups = add(groups, list, { ...want, rest, leaf: false })
  }
  return groups
}

function add(groups: Groups, list: List, want: Want): Groups {
  return new Map(groups).set(list, [...(groups.get(list) ?? []), want])
}
