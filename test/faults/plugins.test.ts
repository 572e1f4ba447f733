import { expect, test } from 'vitest'
import { openFolder, serve } from '../serve.ts'
import {
  createSender,
  eventually,
  full,
  metric,
  openConsumer,
  routesTo,
  settle,
  TWICE,
} from './harness.ts'

const EVENTS = full ? 300 : 20

/** What a plugin can do wrong in `deliver`, as its body. */
const FAULTS = {
  rejects: `return Promise.reject(new Error('rejected'))`,
  throws: `throw new Error('thrown')`,
  'throws-nothing': 'throw undefined',
  'throws-odd': `throw { toString() { throw new Error('odd') } }`,
  'answers-what-throws': `return { get status() { throw new Error('late') } }`,
  'never-settles': 'return new Promise(() => {})',
  'leaks-a-rejection': `Promise.reject(new Error('leaked')); return later()`,
  'throws-from-a-timer': `setTimeout(() => { throw new Error('timer') }); return later()`,
  'mutates-the-event': `event.data.operate = 'READ'; event.id = 'mine'; return later()`,
}

const plugin = `import { defineSink } from 'lark-fanout'
const later = () => new Promise((resolve) => setTimeout(resolve, 50))
export default defineSink({
  type: 'bad',
  options: { type: 'object', properties: { how: { type: 'string' } } },
  open: ({ how }) => ({
    deliver(event) {
      switch (how) {
${Object.entries(FAULTS)
  .map(([how, body]) => `        case '${how}': { ${body} }\n`)
  .join('')}
      }
    },
    ready() {
      if (how === 'is-never-sure') throw new Error('not sure')
      return true
    },
    close: () => new Promise(() => {}),
  }),
})
`

test.concurrent('plugins that misbehave in every way stall no other, and end as their options say', async () => {
  await using healthy = await openConsumer()
  const bad = (how: string) => ({ type: 'bad', how, timeout: '500ms', ...TWICE })
  const names = Object.keys(FAULTS)
  const sinks = {
    healthy: { type: 'webhook', url: healthy.url },
    ...Object.fromEntries(names.map((how) => [how, bad(how)])),
    'is-never-sure': bad('is-never-sure'),
  }
  await using folder = await openFolder({
    'routes.yaml': routesTo(sinks),
    'plugins/bad.ts': plugin,
  })
  await using gateway = await serve(folder)
  const sender = createSender()
  for (let count = 0; count < EVENTS; count++) {
    expect(await sender.send(gateway.url)).toBe('200 accepted')
  }
  const { duplicates } = await settle(`${names.length + 1} plugins misbehave`, sender, [healthy])
  expect(duplicates).toBe(0)
  const operations = healthy.requests.map(({ body }) => JSON.parse(body).event.operate)
  expect(new Set(operations)).toEqual(new Set(['CREATE']))
  for (const name of names) {
    const dead = () => metric(gateway.url, `lark_fanout_dead{sink="${name}"}`)
    await eventually(async () => [name, await dead()], [name, EVENTS], 120_000)
  }
  expect(await metric(gateway.url, 'lark_fanout_backlog{sink="is-never-sure"}')).toBe(EVENTS)
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
}, 300_000)

test.concurrent('an error that throws as it is read fails its delivery alone', async () => {
  const thrower = `export default {
  type: 'thrower',
  options: { type: 'object' },
  open: () => ({
    async deliver() {
      throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('again') } })
    },
  }),
}
`
  const sinks = { thrower: { type: 'thrower', ...TWICE } }
  await using folder = await openFolder({
    'routes.yaml': routesTo(sinks),
    'plugins/thrower.ts': thrower,
  })
  await using gateway = await serve(folder)
  await createSender().send(gateway.url)
  await eventually(() => metric(gateway.url, 'lark_fanout_dead{sink="thrower"}'), 1, 5000)
})
