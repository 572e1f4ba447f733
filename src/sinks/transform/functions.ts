import jsonata from 'jsonata'
import { bounds } from './bounds.ts'
import { LimitError, type Meter } from './meter.ts'
import type { Occasion } from './occasion.ts'
import type { Pace } from './pace.ts'
import { replacements } from './replacements.ts'

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

/** As JSONata calls it; `this` is its own. It awaits what is a promise. */
export type Implementation = (this: unknown, ...values: unknown[]) => unknown

/** How JSONata holds a function of its own. */
interface Definition {
  readonly implementation: Implementation
}

export type Definitions = ReadonlyMap<string, Definition>

/** What a function has to do with besides its values. */
export interface Means {
  readonly meter: Meter
  readonly pace: Pace
  readonly occasion: Occasion
}

/** JSONata's functions as it has them: an expression that is a function's name gives its definition. */
export async function readDefinitions(): Promise<Definitions> {
  const read = SHARED.map(async (name) => {
    const definition: Definition = await jsonata(`$${name}`).evaluate(undefined)
    return [name, definition] as const
  })
  return new Map(await Promise.all(read))
}

/**
 * Gives an expression its functions, each of which spends what it takes and rests when it is time. What of JSONata this
 * stands on is in test/sinks/transform-jsonata.test.ts.
 */
export function bindFunctions(
  expression: jsonata.Expression,
  definitions: Definitions,
  means: Means,
): void {
  for (const [name, definition] of definitions) {
    const implementation = meteredFunction(name, definition.implementation, means)
    const arity = definition.implementation.length
    expression.assign(name, { ...definition, implementation, arity })
    if (name === 'fromMillis') bindClock(expression, implementation, means.occasion)
  }
  expression.assign('eval', undefined)
}

/** JSONata's own `$now` would format without bounds, and tell another time at each attempt. */
function bindClock(
  expression: jsonata.Expression,
  fromMillis: Implementation,
  occasion: Occasion,
): void {
  function now(this: unknown, picture: unknown, timezone: unknown): unknown {
    return fromMillis.call(this, occasion.time, picture, timezone)
  }
  expression.registerFunction('now', now, '<s?s?:s>')
  expression.registerFunction('millis', () => occasion.time, '<:n>')
}

function meteredFunction(name: string, own: Implementation, means: Means): Implementation {
  const implementation = replacements[name]?.(own, means) ?? own
  const call: Implementation = function (...values) {
    checkValues(name, values, means.meter)
    const result = implementation.apply(this, values)
    if (typeof result === 'string') means.meter.lookThrough(result)
    return result
  }
  function metered(this: unknown, ...values: unknown[]): unknown {
    return means.pace.rest()?.then(() => call.apply(this, values)) ?? call.apply(this, values)
  }
  // JSONata reads a function's parameters there, to leave some of them open: `$substring(?, 1)`.
  metered.toString = () => own.toString()
  return metered
}

function checkValues(name: string, values: readonly unknown[], meter: Meter): void {
  meter.spend(1)
  for (const value of values) {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new LimitError('gives a function a number that is out of range')
    }
    meter.lookThrough(value)
  }
  bounds[name]?.(meter, values)
}
