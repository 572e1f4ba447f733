/** What of JSONata src/sinks/transform stands on that its own documentation does not promise. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import jsonata from 'jsonata'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { matchView } from '../../src/core/event.ts'
import { FUNCTIONS, readDefinitions } from '../../src/sinks/transform/functions.ts'
import { createOrder } from '../../src/sinks/transform/order.ts'
import { type Node, nodesOf, setOutTogether } from '../../src/sinks/transform/tree.ts'
import { sampleEvent } from '../sample-event.ts'

const file = new URL('../fixtures/transforms.yaml', import.meta.url)
const fixture: { gives: { transform: string }[] } = parse(readFileSync(file, 'utf8'))

const ENTRY = Symbol.for('jsonata.__evaluate_entry')
const EXIT = Symbol.for('jsonata.__evaluate_exit')

const bindTo = (expression: jsonata.Expression) =>
  expression.assign as (name: unknown, value: unknown) => void

/** Each step as it is begun (+) and done (-), by its type. */
async function stepsOf(text: string) {
  const expression = jsonata(text)
  const steps: string[] = []
  const tell = (sign: string) => async (node: { type: string }) => {
    await setImmediate()
    steps.push(`${sign}${node.type}`)
  }
  bindTo(expression)(ENTRY, tell('+'))
  bindTo(expression)(EXIT, tell('-'))
  await expression.evaluate({})
  return steps
}

describe('functions', () => {
  test('are what their names give, defined by an implementation and mostly a signature', async () => {
    const definitions = await readDefinitions()
    expect(definitions.size).toBe(FUNCTIONS.length - 2)
    for (const definition of definitions.values()) {
      expect(definition).toMatchObject({
        _jsonata_function: true,
        implementation: expect.any(Function),
        signature: { validate: expect.any(Function) },
      })
    }
  })

  test('are no others than these, and $eval', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8')
    const names = [...source.matchAll(/(?:staticFrame|environment)\.bind\('([a-zA-Z]\w*)'/g)]
    expect(new Set(names.map(([, name]) => name))).toEqual(new Set([...FUNCTIONS, 'eval']))
  })

  test('are assigned as a definition, whose signature checks, whose arity says what it is given', async () => {
    const expression = jsonata('[$map([5], $f), $f("x")]')
    const { signature } = Object((await readDefinitions()).get('round'))
    const given: unknown[][] = []
    const implementation = (...values: unknown[]) => given.push(values)
    bindTo(expression)('f', { _jsonata_function: true, implementation, signature, arity: 2 })
    await expect(expression.evaluate({})).rejects.toMatchObject({ code: 'T0410' })
    expect(given).toEqual([[5, 0]])
  })

  test('may give a promise, wherever they are called', async () => {
    for (const call of ['$f(1)', '$map([1], $f)[0]', '$f(?)(1)', '1 ~> $f', '($g := $f; $g(1))']) {
      const expression = jsonata(call)
      const implementation = async (value: number) => value + 1
      bindTo(expression)('f', { _jsonata_function: true, implementation, arity: 1 })
      expect([call, await expression.evaluate({})]).toEqual([call, 2])
    }
  })

  test('have their parameters read from their text, where some are left open', async () => {
    const expression = jsonata('$f(?, 1)(2)')
    const implementation = (...values: unknown[]) => values.join()
    implementation.toString = () => 'function (a, b) {}'
    bindTo(expression)('f', { _jsonata_function: true, implementation })
    expect(await expression.evaluate({})).toBe('2,1')
  })

  test('find matches by one that is awaited, as is its next', async () => {
    const { implementation } = (await readDefinitions()).get('replace') ?? {}
    const match = { match: 'a', start: 0, end: 1, groups: [], next: async () => undefined }
    expect(await implementation?.call({}, 'ab', async () => match, 'x')).toBe('xb')
  })

  test('are handed over as an object in a last call, which $sort does not know', async () => {
    const text = '($f := function($l) { $sort($l, function($a, $b) { $a > $b }) }; $f([2, 1]))'
    await expect(jsonata(text).evaluate({})).rejects.toThrow('comp is not a function')
  })

  test('a list that may be one value bears `sequence`', async () => {
    const expression = jsonata('$f()')
    const implementation = () => Object.assign([7], { sequence: true })
    bindTo(expression)('f', { _jsonata_function: true, implementation })
    expect(await expression.evaluate({})).toBe(7)
  })
})

describe('steps', () => {
  test('are told and awaited before and after, each within the one that needs it', async () => {
    const steps = await stepsOf('1 + (2; 3)')
    expect(steps).toEqual([
      ...['+binary', '+number', '-number'],
      ...['+block', '+number', '-number', '+number', '-number', '-block', '-binary'],
    ])
  })

  test('a function of a transform operator is looked up by its name, clone', async () => {
    const expression = jsonata('{"a": 1} ~> |$|{"b": 2}|')
    const implementation = (value: object) => ({ ...value, copied: true })
    bindTo(expression)('clone', { _jsonata_function: true, implementation })
    expect(await expression.evaluate({})).toEqual({ a: 1, b: 2, copied: true })
  })

  test('go one after the other, but for what makes up a list, and the values of an object or of groups', async () => {
    const brief = fixture.gives.filter(({ transform }) => !transform.includes('000'))
    expect(brief.length).toBeGreaterThan(20)
    for (const { transform } of brief) {
      const expression = jsonata(transform)
      const together = setOutTogether(nodesOf(expression.ast()))
      const order = createOrder()
      const open: Node[] = []
      const others: string[] = []
      bindTo(expression)(ENTRY, async (node: Node) => {
        await order.enter(together.has(node))
        open.push(node)
        await setImmediate()
      })
      bindTo(expression)(EXIT, (node: Node) => {
        order.leave()
        if (open.pop() !== node) others.push(node.type)
      })
      // Some it cannot do by itself.
      await expression.evaluate(structuredClone(matchView(sampleEvent()))).catch(() => {})
      expect([transform, others]).toEqual([transform, []])
    }
  })
})
