import { expect } from 'vitest'
import { callbackOf, FEISHU, openFolder, post, serve } from '../serve.ts'
import { asHandled, byId, startConsumer } from './consumer.ts'
import { ADMIN, connectedTo, freePort, openDoor, settled, someCallbacks, until } from './gateway.ts'
import type { Command } from './toolchains.ts'

const APP_ID = 'cli_00000000000000aa'
const APP_SECRET = 'the-consumers-own-secret'

const ROUTES = `${FEISHU}
sinks:
  app:
    type: feishu-ws
    app_id: ${APP_ID}
    app_secret: ${APP_SECRET}
    retry: { schedule: [200ms, 200ms, 200ms], quick: 0 }
routes:
  - { name: all, to: [app] }
`

/** An app that connects to the gateway's `feishu-ws` sink gets what Feishu would send to it. */
export async function consumeByLongConnection(program: Command): Promise<void> {
  await using folder = await openFolder({ 'routes.yaml': ROUTES })
  const env = { ...ADMIN, PORT: String(await freePort()) }
  await using gateway = await serve(folder, env)
  const connect = (settings: Readonly<Record<string, string>> = {}) =>
    startConsumer(program, { DOMAIN: gateway.url, APP_ID, APP_SECRET, ...settings })

  await using door = await openDoor(gateway)
  await using stranger = connect({ DOMAIN: door.url, APP_SECRET: 'another-secret' })

  // Killed while it handles an event, which comes again, and once more where the handler fails.
  await using killed = connect({ FIRST: 'hang' })
  await until('a consumer is connected', () => connectedTo(gateway) === 1, [killed])
  const event = callbackOf()
  expect(await post(gateway.url, event)).toBe('200 accepted')
  await until('the handler is called', () => killed.handled.length === 1, [killed])
  await killed.kill()
  await using one = connect({ FIRST: 'fail' })
  await settled(gateway, 'delivered', [event], [one])
  await until('it is handled twice', () => one.handled.length >= 2, [one])
  expect(one.handled.map(({ uuid }) => uuid)).toEqual([event.uuid, event.uuid])

  // Two share the load, once the gateway knows that the second one listens.
  await using other = connect()
  const both = [one, other]
  const isSharing = async () => {
    const callback = callbackOf()
    await post(gateway.url, callback)
    await settled(gateway, 'delivered', [callback], both)
    return other.handled.length > 0
  }
  await until('the second one is sent events', isSharing, both)
  const callbacks = someCallbacks(20)
  for (const callback of callbacks) expect(await post(gateway.url, callback)).toBe('200 accepted')
  await settled(gateway, 'delivered', callbacks, both)
  const ids = new Set(callbacks.map(({ uuid }) => uuid))
  const shares = () => both.map(({ handled }) => handled.filter(({ uuid }) => ids.has(uuid)))
  await until('all are handled', () => shares().flat().length >= ids.size, both)
  expect(byId(shares().flat())).toEqual(byId(callbacks.map((each) => asHandled(each, ''))))
  expect(Math.min(...shares().map(({ length }) => length))).toBeGreaterThan(0)

  // A wrong secret ends the program: it has asked once.
  await until('the stranger gives up', () => stranger.end !== undefined, [stranger])
  expect(door.answers).toEqual([expect.objectContaining({ code: 514 })])

  // They come back to a gateway that was started again, and get what waits there.
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
  await using again = await serve(folder, env)
  const waiting = callbackOf()
  expect(await post(again.url, waiting)).toBe('200 accepted')
  await settled(again, 'delivered', [waiting], both)
  const found = () =>
    both.flatMap(({ handled }) => handled).filter(({ uuid }) => uuid === waiting.uuid)
  await until('it is handled', () => found().length > 0, both)
  expect(found()).toEqual([asHandled(waiting, '')])
}
