/** A metric that an expression asks for, and by which labels. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
}

interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

/** What an expression names. */
export interface Named {
  readonly selectors: readonly Selector[]
  /** Labels by which results are grouped or matched, each with the metrics that must have it. */
  readonly groupings: readonly { readonly label: string; readonly of: readonly Selector[] }[]
}

const AGGREGATIONS = new Set(['sum', 'max', 'min', 'avg', 'count', 'topk', 'bottomk'])
const FUNCTIONS = new Set([
  ...['rate', 'increase', 'delta', 'histogram_quantile', 'absent', 'clamp_min', 'vector', 'time'],
])
const OPERATORS = /^(\+|-|\*|\/|%|==|!=|<=|>=|<|>|and|or|unless)$/
const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:ms|[smhdwy])(?![\w]))|(\d+(?:\.\d+)?)|([a-zA-Z_:][\w:]*)|(=~|!~|!=|==|<=|>=|[-+*/%<>=(){}[\],]))/y

type Kind = 'text' | 'duration' | 'number' | 'name' | 'sign' | 'end'
interface Token {
  readonly kind: Kind
  readonly text: string
}

/**
 * Reads the part of PromQL that our dashboards and rules are written in, and throws at anything else: an unknown
 * function is a misspelt one. What it leaves to promtool is whether the types fit.
 */
export function readPromql(expression: string): Named {
  const tokens = createTokens(expression)
  const selectors: Selector[] = []
  const groupings: { label: string; of: readonly Selector[] }[] = []
  const since = (start: number) => selectors.slice(start)

  function expr(): void {
    const start = selectors.length
    const on: string[] = []
    operand()
    while (OPERATORS.test(tokens.peek())) {
      tokens.next()
      if (tokens.accept('on') || tokens.accept('ignoring')) on.push(...tokens.names())
      if (tokens.accept('group_left') || tokens.accept('group_right')) on.push(...tokens.names())
      operand()
    }
    for (const label of on) groupings.push({ label, of: since(start) })
  }

  function operand(): void {
    tokens.accept('-')
    if (tokens.accept('(')) {
      expr()
      tokens.expect(')')
    } else if (tokens.kind() === 'number') tokens.next()
    else named(tokens.take('name'))
    if (tokens.accept('[')) {
      tokens.take('duration')
      tokens.expect(']')
    }
    if (tokens.accept('offset')) tokens.take('duration')
  }

  function named(name: string): void {
    const start = selectors.length
    const by = [...grouping()]
    if (AGGREGATIONS.has(name) || FUNCTIONS.has(name)) {
      call()
      by.push(...grouping())
      for (const label of by) groupings.push({ label, of: since(start) })
    } else if (tokens.peek() === '(') throw new Error(`${name} is no function that is known here`)
    else selectors.push({ metric: name, matchers: tokens.accept('{') ? matchers() : [] })
  }

  const grouping = () => (tokens.accept('by') || tokens.accept('without') ? tokens.names() : [])

  function call(): void {
    tokens.expect('(')
    if (tokens.accept(')')) return
    do expr()
    while (tokens.accept(','))
    tokens.expect(')')
  }

  function matchers(): Matcher[] {
    const found: Matcher[] = []
    while (!tokens.accept('}')) {
      if (found.length > 0) tokens.expect(',')
      const label = tokens.take('name')
      const operator = tokens.next()
      if (!/^(=|!=|=~|!~)$/.test(operator)) throw new Error(`${operator} after the label ${label}`)
      found.push({ label, operator, value: JSON.parse(tokens.take('text')) })
    }
    return found
  }

  expr()
  tokens.take('end')
  return { selectors, groupings }
}

function createTokens(expression: string) {
  const tokens = tokensOf(expression)
  const fail = (wanted: string): never => {
    const [{ text = '' } = {}] = tokens
    throw new Error(`${wanted} instead of "${text}" in ${expression}`)
  }
  const next = () => tokens.shift()?.text ?? ''
  const peek = () => tokens[0]?.text ?? ''
  const kind = (): Kind => tokens[0]?.kind ?? 'end'
  const accept = (text: string) => peek() === text && kind() !== 'text' && next() === text
  const expect = (text: string) => void (accept(text) || fail(text))
  const take = (wanted: Kind) => (kind() === wanted ? next() : fail(`a ${wanted}`))
  function names(): string[] {
    const found: string[] = []
    expect('(')
    while (!accept(')')) {
      if (found.length > 0) expect(',')
      found.push(take('name'))
    }
    return found
  }
  return { next, peek, kind, accept, expect, take, names }
}

function tokensOf(expression: string): Token[] {
  const kinds: readonly Kind[] = ['text', 'duration', 'number', 'name', 'sign']
  const text = expression.trim()
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.slice(1)
    const index = groups?.findIndex((group) => group !== undefined) ?? -1
    const kind = kinds[index]
    if (!kind) throw new Error(`cannot read ${text.slice(start)}`)
    found.push({ kind, text: groups?.[index] ?? '' })
  }
  return found
}
