import { expect, test } from 'vitest'
import { openSqliteStore } from '../../../src/stores/sqlite-node.ts'
import { openReceiver, status } from '../../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, type Served, serve } from '../../serve.ts'
import { acceptance } from '../../stores/samples.ts'
import { ADMIN_TOKEN } from './setup.ts'

const SOON = { timeout: 20_000 }

function api({ adminUrl }: Pick<Served, 'adminUrl'>, token = ADMIN_TOKEN) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return {
    get: (path: string) => fetch(`${adminUrl}/api${path}`, { headers }),
    post: (path: string, body: object, accept = 'application/json') =>
      fetch(`${adminUrl}/api${path}`, {
        method: 'POST',
        headers: { ...headers, Accept: accept },
        body: JSON.stringify(body),
      }),
  }
}

async function items(answer: Promise<Response>): Promise<Record<string, unknown>[]> {
  const { items } = Object(await (await answer).json())
  return items
}

test('a dead letter is found, retried, and delivered at once', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(status(500, {}, 'out of order'), status(200))
  const sink = `{ type: webhook, url: "${receiver.url}", retry: { attempts: 1, quick: 0 } }`
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { hook: ${sink} }\nroutes: [{ name: all, to: [hook] }]\n`,
  })
  await using gateway = await serve(folder, { ADMIN_TOKEN })
  const { get, post: ask } = api(gateway)
  const callback = callbackOf()
  await post(gateway.url, callback)
  const dead = () => items(get('/deliveries?state=dead'))
  await expect.poll(dead, SOON).toMatchObject([{ sink: 'hook', event: callback.uuid }])
  const event = await (await get(`/events/${callback.uuid}`)).json()
  expect(event).toMatchObject({
    body: { token: '', event: { operate: 'CREATE' } },
    deliveries: [{ history: [{ n: 1, status: 500, response: 'out of order' }] }],
  })
  await ask('/sinks/hook/pause', {})
  const [{ id } = {}] = await dead()
  expect(await (await ask('/deliveries/retry', { ids: [id] })).json()).toMatchObject({ retried: 1 })
  const resumed = await (await ask('/sinks/hook/resume', {})).json()
  expect(resumed).toMatchObject({ name: 'hook', type: 'webhook', paused: false, ready: true })
  const delivered = () => items(get('/deliveries?state=delivered'))
  await expect.poll(delivered, SOON).toMatchObject([{ id, attempts: 1 }])
  expect(receiver.requests).toHaveLength(2)
  const actions = (await items(get('/audit'))).map(({ action }) => action)
  expect(actions).toEqual(['resume', 'retry', 'pause'])
})

test('progress comes while the work goes on, and a client that goes away ends it', async () => {
  const sink = '{ type: log, paused: true }'
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { out: ${sink} }\nroutes: [{ name: all, to: [out] }]\n`,
  })
  const file = `${folder.path}/data/lark-fanout.db`
  await folder.write('data/.keep', '')
  const store = await openSqliteStore({ file })
  const events = Array.from({ length: 20_000 }, (_, n) => acceptance(`e-${n}`, { owed: ['out'] }))
  while (events.length > 0) await store.accept(events.splice(0, 1000), Date.now())
  await store.close()
  await using gateway = await serve(folder, { ADMIN_TOKEN, ADMIN_PORT: '0' })
  const { get, post: ask } = api(gateway)
  const answer = await ask('/sinks/out/discard', {}, 'application/x-ndjson')
  const reader = answer.body?.getReader()
  const first = new TextDecoder().decode((await reader?.read())?.value)
  expect(first).toMatch(/^\{"progress":\{"discarded":\d+\}\}\n/)
  await reader?.cancel()
  const audit = () => items(get('/audit'))
  const error = 'the client went away'
  await expect.poll(audit, SOON).toMatchObject([{ action: 'discard', outcome: { error } }])
  const [out] = await items(get('/sinks'))
  expect(out?.backlog).toBeGreaterThan(0)
  expect(out?.dead).toBeGreaterThan(0)
})

test.each([{}, { ADMIN_PORT: '0' }])('guesses are counted by address: %o', async (port) => {
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { out: { type: log } }\nroutes: []\n`,
  })
  await using gateway = await serve(folder, { ADMIN_TOKEN, ...port })
  const wrong = api(gateway, 'not-the-token-of-anyone')
  for (let n = 0; n < 10; n++) expect((await wrong.get('/sinks')).status).toBe(401)
  expect((await api(gateway).get('/sinks')).status).toBe(429)
  expect(await gateway.logged('too many wrong admin tokens')).toContain('127.0.0.1')
  // The events of Feishu are no guesses.
  expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
})
