import { expect, test } from 'vitest'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { openSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { openReceiver, type Receiver, status } from '../receiver.ts'
import { callbackOf } from '../serve.ts'
import { APP } from './app.ts'

const { encryptKey: _, ...PLAIN } = APP
const CODE = callbackOf().event.approval_code
const textOf = (...callback: Parameters<typeof callbackOf>) =>
  JSON.stringify(callbackOf(...callback))

/** An app without a key, so that what it sends can be read. */
async function open(options: Partial<SimulatorOptions> = {}) {
  const simulator = await openSimulator({
    apps: [PLAIN],
    runtime: { crypto: nodeCrypto, now: Date.now },
    wait: async () => {},
    ...options,
  })
  return { ...simulator, [Symbol.asyncDispose]: simulator.close }
}

const idsOf = ({ requests }: Receiver) => requests.map(({ body }) => JSON.parse(body).uuid)

/** Calls Feishu's API as any program does. */
async function call(url: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: Object(await answer.json()) }
}

test('events of an approval come once it is subscribed, and no longer than it is', async () => {
  await using simulator = await open()
  await using receiver = await openReceiver()
  simulator.setUrl(APP.id, receiver.url)
  const api = `${simulator.domain}/open-apis`
  const credentials = { app_id: APP.id, app_secret: APP.secret }
  const issued = await call(`${api}/auth/v3/tenant_access_token/internal`, credentials)
  const headers = { Authorization: `Bearer ${issued.body.tenant_access_token}` }
  const change = (action: string) =>
    call(`${api}/approval/v4/approvals/${CODE}/${action}`, {}, headers)
  const before = await simulator.emit(textOf())
  expect(await change('subscribe')).toMatchObject({ status: 200, body: { code: 0 } })
  const meanwhile = await simulator.emit(textOf())
  expect(await change('unsubscribe')).toMatchObject({ status: 200, body: { code: 0 } })
  const after = await simulator.emit(textOf())
  const outcomes = [before, meanwhile, after].map(({ outcome }) => outcome)
  expect(outcomes).toEqual(['not subscribed', 'delivered', 'not subscribed'])
  expect(receiver.requests).toHaveLength(1)
})

test('a version 2 event, and one of no approval, need no subscription', async () => {
  await using simulator = await open()
  await using receiver = await openReceiver()
  simulator.setUrl(APP.id, receiver.url)
  const header = { event_type: 'approval.task.status_changed_v4', app_id: APP.id, token: 'old' }
  const v2 = JSON.stringify({ schema: '2.0', header, event: { approval_code: CODE } })
  expect((await simulator.emit(v2)).outcome).toBe('delivered')
  expect(JSON.parse(receiver.requests[0]?.body ?? '').header.token).toBe(APP.verificationToken)
  const added = textOf({ type: 'add_bot', approval_code: undefined })
  expect((await simulator.emit(added)).outcome).toBe('delivered')
})

test('a redelivery has the id that it had, and the next event of its instance comes after', async () => {
  await using simulator = await open({ subscribed: [CODE] })
  await using receiver = await openReceiver()
  receiver.answerWith(status(500), status(503), status(200))
  simulator.setUrl(APP.id, receiver.url)
  const [first, second] = [callbackOf(), callbackOf()]
  const sent = await Promise.all([first, second].map((e) => simulator.emit(JSON.stringify(e))))
  expect(sent.map(({ attempts }) => attempts.map(({ status }) => status))).toEqual([
    [500, 503, 200],
    [200],
  ])
  expect(idsOf(receiver)).toEqual([first.uuid, first.uuid, first.uuid, second.uuid])
})

test('a URL that does not answer is not saved: events go where they went before', async () => {
  await using simulator = await open({ subscribed: [CODE] })
  await using good = await openReceiver()
  await using bad = await openReceiver()
  good.answerWith((response, { body }) => {
    response.end(JSON.stringify({ challenge: JSON.parse(body).challenge }))
  })
  await simulator.saveUrl(APP.id, good.url)
  await expect(simulator.saveUrl(APP.id, bad.url)).rejects.toThrow('did not answer')
  await simulator.emit(textOf())
  expect([good.requests.length, bad.requests.length]).toEqual([2, 1])
})

test('an app that is not there is named', async () => {
  await using simulator = await open()
  const emitted = simulator.emit(textOf({ app_id: 'cli_other' }))
  await expect(emitted).rejects.toThrow(`there is no app "cli_other"; there is ${APP.id}`)
})

test('closing leaves nothing behind: what waits is told so, and the address is gone', async () => {
  const simulator = await openSimulator({
    apps: [PLAIN],
    runtime: { crypto: nodeCrypto, now: Date.now },
    subscribed: [CODE],
  })
  const waiting = simulator.emit(textOf())
  await simulator.close()
  const nobody = { status: undefined, said: 'no client is connected' }
  expect(await waiting).toEqual({ outcome: 'closed', attempts: [nobody] })
  await expect(fetch(simulator.domain)).rejects.toThrow('fetch failed')
})

test('what Feishu does not have is a 404, and nonsense breaks nothing', async () => {
  await using simulator = await open()
  expect((await call(`${simulator.domain}/open-apis/nothing`, {})).status).toBe(404)
  const odd = `${simulator.domain}/open-apis/approval/v4/approvals/%/subscribe`
  expect((await call(odd, {})).body.code).toBe(99991661)
  const upgrade = new WebSocket(`${simulator.domain.replace('http', 'ws')}/ws/v2?ticket=guessed`)
  await new Promise((resolve) => upgrade.addEventListener('error', resolve))
  expect((await call(simulator.domain, {})).status).toBe(404)
})
