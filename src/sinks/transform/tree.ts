import type jsonata from 'jsonata'

/** A node of an expression, as far as all have it alike; JSONata's own type leaves most of them out. */
export interface Node {
  readonly type: string
  readonly value?: unknown
  /** Where it ends in the text. */
  readonly position?: number
}

/** An expression and all that it is made of, each once. */
export function nodesOf(root: jsonata.ExprNode): readonly Node[] {
  const seen = new Set<object>()
  const nodes: Node[] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null || value instanceof RegExp) return
    if (seen.has(value)) return
    seen.add(value)
    if (isNode(value)) nodes.push(value)
    for (const item of Object.values(value)) visit(item)
  }
  visit(root)
  return nodes
}

function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string'
}

/** Those whose values are looked through, and not just passed on: what is compared, joined or asked whether it holds. */
export function lookedThrough(nodes: readonly Node[]): ReadonlySet<unknown> {
  return new Set<unknown>(
    nodes.flatMap((node): unknown[] => {
      if (node.type === 'binary') return [child(node, 'lhs'), child(node, 'rhs')]
      if (node.type === 'condition') return [child(node, 'condition')]
      if (node.type === 'filter') return [child(node, 'expr')]
      if (node.type === 'sort')
        return listIn(node, 'terms').map((term) => child(term, 'expression'))
      return []
    }),
  )
}

/** Those that JSONata sets about all at once: what makes up a list, and the values of an object or of groups. */
export function setOutTogether(nodes: readonly Node[]): ReadonlySet<unknown> {
  return new Set<unknown>(
    nodes.flatMap((node): unknown[] => {
      const pairs = [...listIn(child(node, 'group'), 'lhs'), ...listIn(node, 'lhs')]
      const values = pairs.map((pair) => (Array.isArray(pair) ? pair[1] : undefined))
      return [...listIn(node, 'expressions'), ...values]
    }),
  )
}

/** What a node has under a name of its kind. */
export function child(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined
  return new Map(Object.entries(node)).get(name)
}

export function listIn(node: unknown, name: string): readonly unknown[] {
  const list = child(node, name)
  return Array.isArray(list) ? list : []
}
