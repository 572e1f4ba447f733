import jsonata from 'jsonata'
import type { JsonObject } from '../../core/event.ts'
import { bindFunctions, type Definitions, readDefinitions } from './functions.ts'
import {
  createMeter,
  DEEPEST_CALL,
  isFunction,
  LimitError,
  type Meter,
  MOST_CHARACTERS,
  MOST_ITEMS,
} from './meter.ts'
import { regexEngine } from './regex.ts'
import { lookedThrough, type Node, nodesOf } from './tree.ts'

/** What an expression makes of a value, as JSON text. Rejects where it fails, or takes too much. */
export type Evaluate = (input: JsonObject) => Promise<string>

/**
 * An expression that is in order. Evaluations that are asked for side by side go one after another, so that none sees
 * another's, and are no later for it: they never wait for anything outside. What is given may be changed.
 */
export async function compileExpression(text: string): Promise<Evaluate> {
  const definitions = await readDefinitions()
  let compiled: ReturnType<typeof compile> | undefined = compile(text, definitions)
  let before: Promise<unknown> = Promise.resolve()
  async function evaluate(input: JsonObject): Promise<string> {
    compiled ??= compile(text, definitions)
    try {
      return textOf(await compiled(input))
    } catch (error) {
      // Other parts of it may still be at work.
      compiled = undefined
      throw error
    }
  }
  return (input) => {
    const result = before.then(() => evaluate(input))
    before = result.catch(() => {})
    return result
  }
}

/** For one evaluation at a time. */
function compile(text: string, definitions: Definitions): (input: JsonObject) => Promise<unknown> {
  const meter = createMeter()
  const expression = jsonata(text, {
    stack: DEEPEST_CALL,
    sequence: MOST_ITEMS,
    RegexEngine: regexEngine(meter),
  })
  bindFunctions(expression, definitions, meter)
  watch(expression, meter)
  return async (input) => {
    meter.begin()
    try {
      return await unlessStalled(expression.evaluate(input), meter)
    } catch (error) {
      meter.stop()
      throw error
    }
  }
}

/** So long it may keep everybody else waiting: a few milliseconds. */
const STEPS_WITHOUT_REST = 5_000

/** JSONata calls them around each step, and awaits them. */
const ENTRY = Symbol.for('jsonata.__evaluate_entry')
const EXIT = Symbol.for('jsonata.__evaluate_exit')

function watch(expression: jsonata.Expression, meter: Meter): void {
  const looked = lookedThrough(nodesOf(expression.ast()))
  let restedAt = 0

  function enter({ type }: Node, input: unknown): Promise<void> | undefined {
    meter.spend(1)
    // A step into a list goes through all of it.
    if (Array.isArray(input) || type === 'wildcard' || type === 'descendant') {
      meter.lookThrough(input)
    }
    if (meter.spent < restedAt) restedAt = 0
    if (meter.spent < restedAt + STEPS_WITHOUT_REST) return undefined
    restedAt = meter.spent
    return new Promise((resolve) => setTimeout(resolve))
  }

  function leave(node: Node, _input: unknown, _environment: unknown, result: unknown): void {
    if (looked.has(node)) meter.lookThrough(result)
    else meter.sizeOf(result)
  }

  const bind = expression.assign as (name: unknown, hook: unknown) => void
  bind(ENTRY, enter)
  bind(EXIT, leave)
}

const STALLED_MS = 250

/** Rejects where an evaluation waits for what never comes: no step is made any more. */
function unlessStalled(evaluation: Promise<unknown>, meter: Meter): Promise<unknown> {
  let seen = -1
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setInterval(() => {
    if (meter.spent === seen) reject(new LimitError('waits for something that never comes'))
    seen = meter.spent
  }, STALLED_MS)
  return Promise.race([evaluation, promise]).finally(() => clearInterval(timer))
}

/** Nothing is null. */
function textOf(result: unknown): string {
  const text = JSON.stringify(result ?? null, (_, value) => {
    if (isFunction(value)) throw new LimitError('gives a function where a value belongs')
    return value
  })
  if (text.length > MOST_CHARACTERS) throw new LimitError('gives something that is too large')
  return text
}
