import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readTests } from '../../src/cli/test/read.ts'
import { resultLines } from '../../src/cli/test/report.ts'
import { runTest } from '../../src/cli/test/run-test.ts'
import { testsSchema } from '../../src/cli/test/schema.ts'
import { createRouting } from '../../src/config/routing.ts'
import { compileValidators } from '../../src/config/validators.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { resolveSink } from '../../src/hosts/node-plugs.ts'
import { load } from '../config/load-text.ts'
import { openFolder } from '../serve.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function blocks(document: string, language: string): string[] {
  const fences = readFileSync(`${root}${document}`, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)
  return [...fences].flatMap(([, name, block = '']) => (name === language ? [block] : []))
}

async function resultsOf(tests: string, routes: string) {
  const plugs = { resolveSink: (type: string) => resolveSink(root, type) }
  const config = await load(routes, { env: {}, mayLack: 'unrouted', ...plugs })
  const routing = createRouting(config, {
    validate: compileValidators(eventSchemas),
    sourceType: () => undefined,
    sinkType: plugs.resolveSink,
  })
  await using folder = await openFolder({ 'routes.test.yaml': tests })
  const sinks = config.sinks.map(({ name }) => name)
  const read = readTests([`${folder.path}/routes.test.yaml`], { sinks, sources: [] })
  expect(read.length).toBeGreaterThan(0)
  const run = read.map((one) =>
    runTest(
      { ...one, file: 'routes.test.yaml' },
      { routing, accepting: () => ['feishu'], warningsOf: () => [] },
    ),
  )
  return await Promise.all(run)
}

const [readme = ''] = blocks('README.md', 'yaml')
const [first = '', failing = '', bodies = ''] = blocks('docs/testing.md', 'yaml')
const own = (name: string) => readFileSync(`${root}${name}`, 'utf8')

test.each([
  ['the first in docs/testing.md', first, readme],
  ['the bodies in docs/testing.md', bodies, readme],
  ['routes.test.yaml', own('routes.test.yaml'), own('routes.yaml')],
])('all pass: %s', async (_, tests, routes) => {
  const results = await resultsOf(tests, routes)
  expect(results.filter(({ passed }) => !passed)).toEqual([])
})

test('the one that fails prints what docs/testing.md shows', async () => {
  const [shown] = blocks('docs/testing.md', 'text')
  const results = await resultsOf(failing, readme)
  const lines = results.flatMap((one) => resultLines(one, (_, text) => text))
  expect(`${lines.join('\n')}\n`).toBe(shown)
})

test('the schema for editors knows what is shown, and refuses what the command refuses', () => {
  const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(testsSchema())
  for (const text of [first, failing, bodies, own('routes.test.yaml')])
    expect(valid(parse(text))).toBe(true)
  expect(valid(parse(first.replace('given', 'gives')))).toBe(false)
  expect(valid(parse(first.replace('quarantined', 'dropped')))).toBe(false)
})
