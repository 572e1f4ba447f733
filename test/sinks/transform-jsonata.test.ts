/** What of JSONata src/sinks/transform stands on that its own documentation does not promise. */
import jsonata from 'jsonata'
import { describe, expect, test } from 'vitest'
import { FUNCTIONS, readDefinitions } from '../../src/sinks/transform/functions.ts'
import { nodesOf, setOutTogether } from '../../src/sinks/transform/tree.ts'

const ENTRY = Symbol.for('jsonata.__evaluate_entry')
const EXIT = Symbol.for('jsonata.__evaluate_exit')

const bindTo = (expression: jsonata.Expression) =>
  expression.assign as (name: unknown, value: unknown) => void

/** Each step as it is begun (+) and done (-), by its type; what `enter` gives is awaited. */
async function stepsOf(text: string, enter: (node: object) => unknown = () => {}) {
  const expression = jsonata(text)
  const steps: string[] = []
  bindTo(expression)(ENTRY, ({ type, ...node }: { type: string }) => {
    steps.push(`+${type}`)
    return enter({ type, ...node })
  })
  bindTo(expression)(EXIT, ({ type }: { type: string }) => steps.push(`-${type}`))
  return { result: await expression.evaluate({}), steps }
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

  test('are all that it has: no other is called without bounds', () => {
    const source = jsonata.toString()
    expect(source).not.toBe('')
    const unknown = ['eval', 'formatDate', 'sum'].filter((name) => !FUNCTIONS.includes(name))
    expect(unknown).toEqual(['eval', 'formatDate'])
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

  test('a list that may be one value bears `sequence`', async () => {
    const expression = jsonata('$f()')
    const implementation = () => Object.assign([7], { sequence: true })
    bindTo(expression)('f', { _jsonata_function: true, implementation })
    expect(await expression.evaluate({})).toBe(7)
  })
})

describe('steps', () => {
  test('are told and awaited before and after, each within the one that needs it', async () => {
    const { steps } = await stepsOf('1 + (2; 3)')
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

  test.each([
    ['[1, 2, 3]', 3],
    ['{"a": 1, "b": 2}', 2],
    ['[1..3]{$string($): $}', 3],
    ['$.{"a": 1, "b": [2, 3]}', 4],
  ])(
    'only lists and the values of objects and groups are set out together: %s',
    async (text, count) => {
      // While one is kept waiting no other begins, but those.
      const together = setOutTogether(nodesOf(jsonata(text).ast()))
      const types = new Set([...together].map((node) => JSON.stringify(node)))
      let [waiting, most, found] = [0, 0, 0]
      await stepsOf(text, async (node) => {
        if (types.has(JSON.stringify(node))) {
          found++
          return
        }
        most = Math.max(most, ++waiting)
        await new Promise((resolve) => setImmediate(resolve))
        waiting--
      })
      expect(found).toBe(count)
      expect(most).toBeLessThanOrEqual(1)
    },
  )
})
