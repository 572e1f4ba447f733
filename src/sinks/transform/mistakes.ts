import jsonata from 'jsonata'
import { messageOf } from '../../core/errors.ts'
import { closest } from '../../core/suggest.ts'
import { FUNCTIONS } from './functions.ts'
import { compileRegex } from './regex.ts'
import { child, listIn, type Node, nodesOf } from './tree.ts'
import { placeIn, wordsOf } from './words.ts'

/** What is wrong with an expression, as far as that shows before it runs. */
export function mistakesIn(text: string): readonly string[] {
  try {
    const nodes = nodesOf(jsonata(text).ast())
    const known = new Set([...FUNCTIONS, ...nodes.flatMap(namesSet)])
    const mistakes = nodes.flatMap((node) => mistakesOf(node, known))
    return mistakes.map(({ message, position }) => `${message}${placeIn(text, position)}`)
  } catch (error) {
    return [`is no JSONata: ${wordsOf(error, text)}`]
  }
}

interface Mistake {
  readonly message: string
  readonly position: number
}

function mistakesOf(node: Node, known: ReadonlySet<string>): readonly Mistake[] {
  const { position = 0 } = node
  return [
    unknownVariable(node, known),
    missingDollar(node),
    boundClone(node),
    wrongRegex(node),
    longSignature(node),
  ].flatMap((message) => (message === undefined ? [] : [{ message, position }]))
}

/** The variables that a node gives a value: by `:=`, as parameters, or within a path (`@$v`, `#$i`). */
function namesSet(node: Node): readonly string[] {
  const named =
    node.type === 'bind'
      ? [child(child(node, 'lhs'), 'value')]
      : [
          ...listIn(node, 'arguments').map((parameter) =>
            node.type === 'lambda' ? child(parameter, 'value') : undefined,
          ),
          child(node, 'focus'),
          child(node, 'index'),
        ]
  return named.filter((name) => typeof name === 'string')
}

function unknownVariable({ type, value }: Node, known: ReadonlySet<string>): string | undefined {
  if (type !== 'variable' || typeof value !== 'string') return undefined
  if (value === '' || value === '$' || known.has(value)) return undefined
  if (value === 'eval') return 'has $eval, which is not offered: write what it shall evaluate'
  const meant = closest(value, [...known])
  const hint = meant === undefined ? '' : `; did you mean $${meant}?`
  return `has $${value}, which is no function of JSONata's and is set nowhere${hint}`
}

/** `sum(x)` is a call of a field. */
function missingDollar(node: Node): string | undefined {
  if (node.type !== 'function' && node.type !== 'partial') return undefined
  const name = child(listIn(child(node, 'procedure'), 'steps')[0], 'value')
  if (typeof name !== 'string' || !FUNCTIONS.includes(name)) return undefined
  return `calls ${name}: a function's name begins with a dollar, $${name}`
}

/** A transform operator (`|…|…|`) would change what it is given, and not a copy. */
function boundClone(node: Node): string | undefined {
  if (!namesSet(node).includes('clone')) return undefined
  return 'gives $clone another meaning: choose another name'
}

function wrongRegex({ type, value }: Node): string | undefined {
  if (type !== 'regex' || !(value instanceof RegExp)) return undefined
  try {
    compileRegex(value)
    return undefined
  } catch (error) {
    return `has a regular expression that RE2 does not know, in which nothing looks ahead, behind or back: ${messageOf(error)}`
  }
}

/** More open ends would take too long to tell apart. */
const MOST_OPEN = 4

function longSignature(node: Node): string | undefined {
  const definition = child(child(node, 'signature'), 'definition')
  if (typeof definition !== 'string') return undefined
  const open = definition.replaceAll(/[^+?-]/g, '').length
  if (open <= MOST_OPEN) return undefined
  return `has a function signature with more than ${MOST_OPEN} of + ? -: leave some out`
}
