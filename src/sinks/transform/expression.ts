import jsonata from 'jsonata'
import type { JsonObject } from '../../core/event.ts'
import { bindFunctions, type Definitions, readDefinitions } from './functions.ts'
import {
  createMeter,
  isFunction,
  LimitError,
  type Meter,
  MOST_CHARACTERS,
  MOST_ITEMS,
} from './meter.ts'
import { createOccasion, type Origin } from './occasion.ts'
import { createOrder } from './order.ts'
import { createPace, type Pace } from './pace.ts'
import { regexEngine } from './regex.ts'
import { lookedThrough, type Node, nodesOf, setOutTogether } from './tree.ts'

/**
 * What an expression makes of a value, as JSON text: the same each time for the same value of the same origin. Rejects
 * where it fails, gives nothing or takes too much.
 */
export type Evaluate = (input: JsonObject, origin: Origin) => Promise<string>

/**
 * An expression that is in order. Evaluations that are asked for side by side go one after another, so that none sees
 * another's, and are no later for it: they never wait for anything outside. What is given may be changed.
 */
export async function compileExpression(text: string): Promise<Evaluate> {
  const definitions = await readDefinitions()
  let compiled: ReturnType<typeof compile> | undefined = compile(text, definitions)
  let before: Promise<unknown> = Promise.resolve()
  async function evaluate(input: JsonObject, origin: Origin): Promise<string> {
    compiled ??= compile(text, definitions)
    try {
      return textOf(await compiled(input, origin))
    } catch (error) {
      // Other parts of it may still be at work.
      compiled = undefined
      throw error
    }
  }
  return (input, origin) => {
    const result = before.then(() => evaluate(input, origin))
    before = result.catch(() => {})
    return result
  }
}

/** For one evaluation at a time. */
function compile(text: string, definitions: Definitions) {
  const meter = createMeter()
  const pace = createPace(meter)
  const occasion = createOccasion()
  const expression = jsonata(text, { sequence: MOST_ITEMS, RegexEngine: regexEngine(meter) })
  bindFunctions(expression, definitions, { meter, pace, occasion })
  watch(expression, meter, pace)
  return async (input: JsonObject, origin: Origin): Promise<unknown> => {
    meter.begin()
    occasion.begin(origin)
    try {
      return await unlessStalled(expression.evaluate(input), meter, pace)
    } catch (error) {
      meter.stop()
      throw error
    }
  }
}

/** JSONata calls them around each step, and awaits them. */
const ENTRY = Symbol.for('jsonata.__evaluate_entry')
const EXIT = Symbol.for('jsonata.__evaluate_exit')

function watch(expression: jsonata.Expression, meter: Meter, pace: Pace): void {
  const nodes = nodesOf(expression.ast())
  const looked = lookedThrough(nodes)
  const together = setOutTogether(nodes)
  const order = createOrder()

  function enter(node: Node, input: unknown): Promise<void> | undefined {
    meter.spend(1)
    // A step into a list goes through all of it.
    if (Array.isArray(input) || node.type === 'wildcard' || node.type === 'descendant') {
      meter.lookThrough(input)
    }
    const turn = order.enter(together.has(node))
    return turn ? turn.then(pace.rest) : pace.rest()
  }

  function leave(node: Node, _input: unknown, _environment: unknown, result: unknown): void {
    order.leave()
    if (looked.has(node)) meter.lookThrough(result)
    else meter.sizeOf(result)
  }

  const bind = expression.assign as (name: unknown, hook: unknown) => void
  bind(ENTRY, enter)
  bind(EXIT, leave)
}

const STALLED_MS = 250

/** Rejects where an evaluation waits for what never comes: no step is made any more. */
function unlessStalled(evaluation: Promise<unknown>, meter: Meter, pace: Pace): Promise<unknown> {
  let seen = -1
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setInterval(() => {
    if (pace.isResting) return
    if (meter.spent === seen) reject(new LimitError('waits for something that never comes'))
    seen = meter.spent
  }, STALLED_MS)
  return Promise.race([evaluation, promise]).finally(() => clearInterval(timer))
}

function textOf(result: unknown): string {
  if (result === undefined) {
    throw new LimitError(
      'gives nothing for this event: is a field misspelt? Write null to mean null',
    )
  }
  const text = JSON.stringify(result, (_, value) => {
    if (isFunction(value)) throw new LimitError('gives a function where a value belongs')
    return value
  })
  if (text.length > MOST_CHARACTERS) throw new LimitError('gives something that is too large')
  return text
}
