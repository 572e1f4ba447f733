import { absent, type Condition, type Leaf } from './condition.ts'

/** What a pattern asks of one path: that any of the conditions holds for any of the leaves there. */
export interface Field {
  /** Dotted: a key `a.b`, in a pattern or in an event, is the same as `b` within `a`. */
  readonly path: string
  readonly conditions: readonly Condition[]
  /** The lack of a leaf will do as well. */
  readonly orAbsent: boolean
  matches(leaf: Leaf): boolean
}

/** Fields that must all match: each path once, in the order of their paths. */
export type Rule = readonly Field[]

/** A part of a pattern as it is written: a field, or a choice between patterns. */
export type Part = Field | { readonly choices: readonly (readonly Part[])[] }

export function createField(path: string, all: readonly Condition[]): Field {
  const conditions = all.filter((condition) => condition !== absent)
  const values = new Set<Leaf>()
  const others: Condition[] = []
  for (const condition of conditions) {
    if (condition.lookup?.by === 'value') values.add(condition.lookup.key)
    else others.push(condition)
  }
  return {
    path,
    conditions,
    orAbsent: all.includes(absent),
    matches: (leaf) => values.has(leaf) || others.some((condition) => condition.matches(leaf)),
  }
}

/** All fields, in the order in which the pattern has them. */
export function fieldsOf(parts: readonly Part[]): readonly Field[] {
  return parts.flatMap((part) => ('choices' in part ? part.choices.flatMap(fieldsOf) : [part]))
}

/** How many rules `combine` would make. */
export function countCombinations(parts: readonly Part[]): number {
  let count = 1
  for (const part of parts) {
    if (!('choices' in part)) continue
    count *= part.choices.reduce((sum, choice) => sum + countCombinations(choice), 0)
  }
  return count
}

/** No rule that `combine` would make has more fields. */
export function mostFields(parts: readonly Part[]): number {
  let count = 0
  for (const part of parts) {
    const choices = 'choices' in part ? part.choices.map(mostFields) : [1]
    count += choices.reduce((most, fields) => Math.max(most, fields), 0)
  }
  return count
}

/** Chooses in every possible way. Of two fields with one path the later counts: a choice may repeat a path. */
export function combine(parts: readonly Part[]): readonly Rule[] {
  return extend(parts, [undefined]).map((chain) => {
    const fields = new Map<string, Field>()
    for (let link = chain; link !== undefined; link = link.earlier) {
      if (!fields.has(link.field.path)) fields.set(link.field.path, link.field)
    }
    return [...fields.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  })
}

/** A rule in the making: its latest field and those before it, which other combinations share. */
interface Link {
  readonly field: Field
  readonly earlier: Chain
}
type Chain = Link | undefined

function extend(parts: readonly Part[], chains: readonly Chain[]): readonly Chain[] {
  let extended = chains
  for (const part of parts) {
    extended =
      'choices' in part
        ? part.choices.flatMap((choice) => extend(choice, extended))
        : extended.map((earlier) => ({ field: part, earlier }))
  }
  return extended
}
