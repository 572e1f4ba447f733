import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { openSimulator } from '../../src/simulator/simulator.ts'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, serve } from '../serve.ts'
import { APP } from './app.ts'

const CODE = callbackOf().event.approval_code

test('a gateway that is down for two pushes misses nothing, doubles nothing, and keeps the order', async () => {
  await using receiver = await openReceiver()
  const sink = `{ type: webhook, url: "${receiver.url}", order_by: instance_code }`
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { all: ${sink} }\nroutes: [{ name: all, to: [all] }]\n`,
  })
  const waited: number[] = []
  const up = Promise.withResolvers<void>()
  const simulator = await openSimulator({
    apps: [APP],
    runtime: { crypto: nodeCrypto, now: Date.now },
    subscribed: [CODE],
    // The gateway is up again before the third push, however long that takes.
    wait: (ms) => (waited.push(ms) < 2 ? Promise.resolve() : up.promise),
  })
  await using _ = { [Symbol.asyncDispose]: simulator.close }

  const before = await serve(folder)
  await simulator.saveUrl(APP.id, `${before.url}/webhook/event`)
  before.signal('SIGKILL')
  await before.ended
  const events = [callbackOf(), callbackOf(), callbackOf()]
  const emitted = Promise.all(events.map((event) => simulator.emit(JSON.stringify(event))))
  await expect.poll(() => waited).toEqual([15_000, 300_000])
  await using after = await serve(folder, { PORT: new URL(before.url).port })
  expect(after.url).toBe(before.url)
  up.resolve()

  const [first, ...withheld] = await emitted
  expect(first?.attempts.map(({ status }) => status)).toEqual([undefined, undefined, 200])
  for (const { attempts } of withheld) expect(attempts).toMatchObject([{ status: 200 }])
  const again = await simulator.emit(JSON.stringify(events[0]))
  expect(again.attempts[0]?.said).toMatch('duplicate')
  // What follows the duplicate has been delivered, so that a second delivery would have been seen before it.
  const last = callbackOf()
  await simulator.emit(JSON.stringify(last))
  const ids = () => receiver.requests.map(({ body }) => JSON.parse(body).uuid)
  await expect.poll(ids).toContain(last.uuid)
  expect(ids()).toEqual([...events, last].map(({ uuid }) => uuid))
})

test('a gateway that subscribes by itself; one event, by long connection and by callback', async () => {
  await using receiver = await openReceiver()
  const simulator = await openSimulator({
    apps: [APP],
    runtime: { crypto: nodeCrypto, now: Date.now },
    approvals: [CODE],
  })
  await using _ = { [Symbol.asyncDispose]: simulator.close }
  const credentials = `app_id: ${APP.id}, app_secret: "\${SECRET}", domain: "${simulator.domain}"`
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}  connected: { type: feishu-ws, ${credentials}, subscribe: true }
sinks: { all: { type: webhook, url: "${receiver.url}", order_by: instance_code } }
routes: [{ name: all, match: { approval_code: ${CODE} }, to: [all] }]
`,
  })
  await using gateway = await serve(folder, { SECRET: APP.secret })
  await expect.poll(() => simulator.api.isSubscribed(APP.id, CODE)).toBe(true)
  await expect.poll(() => simulator.connection.connected(APP.id)).toBe(1)

  const event = callbackOf()
  const text = JSON.stringify(event)
  const byConnection = await simulator.emit(text)
  expect(byConnection.attempts).toMatchObject([{ status: 200, said: '{"code":200}' }])
  await simulator.saveUrl(APP.id, `${gateway.url}/webhook/event`)
  const byCallback = await simulator.emit(text)
  expect(byCallback.attempts[0]?.said).toMatch('duplicate')
  const last = callbackOf()
  await simulator.emit(JSON.stringify(last))
  const ids = () => receiver.requests.map(({ body }) => JSON.parse(body).uuid)
  await expect.poll(ids).toContain(last.uuid)
  expect(ids()).toEqual([event.uuid, last.uuid])
})
