import jsonata from 'jsonata'
import { bounds } from './bounds.ts'
import { isFunction, LimitError, type Meter } from './meter.ts'

/** JSONata's own functions, but for `$eval`, which would hide an expression's mistakes until it runs. */
const SHARED = [
  ...['sum', 'count', 'max', 'min', 'average', 'string', 'substring', 'substringBefore'],
  ...['substringAfter', 'lowercase', 'uppercase', 'length', 'trim', 'pad', 'match', 'contains'],
  ...['replace', 'split', 'join', 'formatNumber', 'formatBase', 'formatInteger', 'parseInteger'],
  ...[
    'number',
    'floor',
    'ceil',
    'round',
    'abs',
    'sqrt',
    'power',
    'random',
    'boolean',
    'not',
    'map',
  ],
  ...['zip', 'filter', 'single', 'reduce', 'sift', 'keys', 'lookup', 'append', 'exists', 'spread'],
  ...['merge', 'reverse', 'each', 'error', 'assert', 'type', 'sort', 'shuffle', 'distinct'],
  ...['base64encode', 'base64decode', 'encodeUrlComponent', 'encodeUrl', 'decodeUrlComponent'],
  ...['decodeUrl', 'toMillis', 'fromMillis', 'clone'],
]

/** The names of all functions that an expression has. */
export const FUNCTIONS: readonly string[] = [...SHARED, 'now', 'millis']

/** As JSONata calls it. */
type Implementation = (this: Focus, ...values: unknown[]) => unknown

interface Focus {
  /** Of the evaluation: when it began. */
  readonly environment: { readonly timestamp: Date }
}

/** How JSONata holds a function of its own. */
interface Definition {
  readonly implementation: Implementation
  readonly signature?: object
}

export type Definitions = ReadonlyMap<string, Definition>

/** JSONata's functions as it has them. */
export async function readDefinitions(): Promise<Definitions> {
  const read = SHARED.map(async (name) => {
    const definition: Definition = await jsonata(`$${name}`).evaluate(undefined)
    return [name, definition] as const
  })
  return new Map(await Promise.all(read))
}

/** Gives an expression its functions, each of which spends what it takes. */
export function bindFunctions(
  expression: jsonata.Expression,
  definitions: Definitions,
  meter: Meter,
): void {
  for (const [name, { implementation, signature }] of definitions) {
    const metered = meteredFunction(name, implementation, meter)
    expression.assign(name, {
      _jsonata_function: true,
      implementation: metered,
      arity: implementation.length,
      // All expressions of the process have the same one.
      signature: Object.freeze(signature),
    })
    if (name === 'fromMillis') bindClock(expression, metered)
  }
  expression.assign('eval', undefined)
}

/** JSONata's own `$now` would format without bounds. */
function bindClock(expression: jsonata.Expression, fromMillis: Implementation): void {
  function now(this: Focus, picture: unknown, timezone: unknown): unknown {
    return fromMillis.call(this, this.environment.timestamp.getTime(), picture, timezone)
  }
  expression.registerFunction('now', now, '<s?s?:s>')
}

function meteredFunction(name: string, own: Implementation, meter: Meter): Implementation {
  const replace = replacements[name]
  const implementation = replace ? replace(own, meter) : own
  function metered(this: Focus, ...values: unknown[]): unknown {
    meter.spend(1)
    for (const value of values) {
      if (typeof value === 'number' && !Number.isFinite(value)) {
        throw new LimitError('gives a function a number that is out of range')
      }
      meter.lookThrough(value)
    }
    bounds[name]?.(meter, values)
    const result = implementation.apply(this, values)
    if (typeof result === 'string') meter.lookThrough(result)
    return result
  }
  // JSONata reads a function's parameters there, to leave some of them open: `$substring(?, 1)`.
  metered.toString = () => own.toString()
  return metered
}

/** What JSONata does in a way that takes too long, or needs Node for. */
const replacements: Readonly<
  Record<string, (own: Implementation, meter: Meter) => Implementation>
> = {
  sort: (own) =>
    function (this, list, comparator) {
      const isPlain = comparator === undefined && (isAll(list, 'number') || isAll(list, 'string'))
      return isPlain ? list.toSorted(ascending) : own.call(this, list, callable(comparator))
    },
  distinct: (own, meter) =>
    function (this, list) {
      if (!Array.isArray(list)) return own.call(this, list)
      const isPlain = list.every((item) => typeof item !== 'object' || item === null)
      if (isPlain) return own.call(this, [...new Set(list)])
      // Each is compared with each.
      meter.spend((list.length * meter.sizeOf(list)) / 128)
      return own.call(this, list)
    },
  clone: (own, meter) =>
    function (this, value) {
      const copy = own.call(this, value)
      expectChange(copy, meter)
      return copy
    },
  base64encode: () => (text) => {
    if (typeof text !== 'string' || !/[^\0-\xff]/.test(text)) return text && btoa(String(text))
    throw new LimitError('encodes with $base64encode what is not Latin-1')
  },
  base64decode: () => (text) => text && atob(String(text)),
}

/** JSONata hands a function over as an object where the call is the last thing that another does. */
function callable(comparator: unknown): unknown {
  if (!isLambda(comparator)) return comparator
  return (...values: unknown[]) => comparator.apply(undefined, values)
}

interface Lambda {
  apply(self: unknown, values: readonly unknown[]): unknown
}

function isLambda(value: unknown): value is Lambda {
  return typeof value === 'object' && value !== null && 'apply' in value && isFunction(value)
}

function isAll(list: unknown, type: 'number' | 'string'): list is (number | string)[] {
  return Array.isArray(list) && list.every((item) => typeof item === type)
}

function ascending(a: number | string, b: number | string): number {
  if (a === b) return 0
  return a > b ? 1 : -1
}

/** A transform operator (`|…|…|`) changes the copy that it makes. */
function expectChange(value: unknown, meter: Meter): void {
  if (typeof value !== 'object' || value === null) return
  meter.expectChange(value)
  for (const item of Object.values(value)) expectChange(item, meter)
}
