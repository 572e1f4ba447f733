import { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk'
import { expect, test } from 'vitest'
import { callbackOf, KEY, openFolder, post, serve } from '../../serve.ts'
import { APP, HUGE, openGateway, postPlain, routesOf, SECRET, withoutKey } from './gateway.ts'
import { connect, eventOf } from './raw-client.ts'

interface Handled {
  readonly uuid: string
}

const mute = () => {}
const logger = { error: mute, warn: mute, info: mute, debug: mute, trace: mute }

/** The official SDK's client, as a consumer writes it. */
function startSdk(url: string, handle: (event: Handled) => unknown, appSecret = SECRET) {
  const { promise: failed, resolve: onError } = Promise.withResolvers<Error>()
  const { promise: ready, resolve: onReady } = Promise.withResolvers<void>()
  const client = new WSClient({ appId: APP, appSecret, domain: url, logger, onError, onReady })
  const approval_cc = async (event: Handled) => handle(event)
  void client.start({ eventDispatcher: new EventDispatcher({ logger }).register({ approval_cc }) })
  return { client, failed, ready, [Symbol.dispose]: () => client.close({ force: true }) }
}

test('the SDK has what waited for it, what comes then, and what is large, each once', async () => {
  await using gateway = await openGateway(withoutKey(routesOf()))
  const waited = callbackOf()
  await postPlain(gateway.url, waited)
  const handled: string[] = []
  using sdk = startSdk(gateway.url, ({ uuid }) => void handled.push(uuid))
  await sdk.ready
  await expect.poll(() => handled).toEqual([waited.uuid])
  const [small, large] = [callbackOf(), callbackOf({ from: HUGE })]
  await postPlain(gateway.url, small)
  await postPlain(gateway.url, large)
  await expect
    .poll(() => handled.toSorted())
    .toEqual([waited.uuid, small.uuid, large.uuid].toSorted())
  await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
  expect(gateway.logged('failed')).toEqual([])
})

test('what a handler returns may be large', async () => {
  await using gateway = await openGateway()
  let calls = 0
  using sdk = startSdk(gateway.url, () => {
    calls++
    return { report: 'x'.repeat(500_000) }
  })
  await sdk.ready
  await post(gateway.url, callbackOf())
  await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
  expect(calls).toBe(1)
})

test('a handler that throws fails the attempt', async () => {
  await using gateway = await openGateway(routesOf('retry: { attempts: 1, quick: 0 }'))
  using sdk = startSdk(gateway.url, () => {
    throw new Error('the database is down')
  })
  await sdk.ready
  await post(gateway.url, callbackOf())
  await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 1 })
  expect(gateway.logged('acknowledged with code 500')).toHaveLength(1)
})

test('a wrong secret ends the SDK: it gives up and says so', async () => {
  await using gateway = await openGateway()
  using sdk = startSdk(gateway.url, () => {}, 'not-the-secret')
  expect((await sdk.failed).message).toContain('514')
  expect(sdk.client.getConnectionStatus().state).toBe('failed')
})

test('SIGTERM ends the gateway at once with clients connected, and the SDK finds the next one', async () => {
  await using folder = await openFolder({ 'routes.yaml': routesOf('', `"\${SECRET}"`) })
  const env = { SECRET, DATABASE_URL: 'sqlite:./events.db' }
  const first = await serve(folder, env)
  const port = new URL(first.url).port
  const handled: string[] = []
  using sdk = startSdk(first.url, ({ uuid }) => void handled.push(uuid))
  await sdk.ready
  using raw = await connect(first.url)
  await first.logged('"connected":2')
  const startedAt = performance.now()
  first.signal('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(2500)
  expect(await raw.closed).toBe(1012)
  await using second = await serve(folder, { ...env, PORT: port })
  const callback = callbackOf()
  await post(second.url, callback, KEY)
  await expect.poll(() => handled, { timeout: 20_000 }).toEqual([callback.uuid])
  expect([...first.log, ...second.log].join('\n')).not.toContain(SECRET)
}, 60_000)

test('a process that is killed with an event in hand has spent no attempt of the next one', async () => {
  await using gateway = await openGateway(routesOf('retry: { attempts: 1 }'))
  const callback = callbackOf()
  using dying = await connect(gateway.url)
  await post(gateway.url, callback)
  expect(eventOf(await dying.frame(0))).toBe(callback.uuid)
  const handled: string[] = []
  using sdk = startSdk(gateway.url, ({ uuid }) => void handled.push(uuid))
  await sdk.ready
  dying.socket.terminate()
  await expect.poll(() => handled).toEqual([callback.uuid])
  await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
})
