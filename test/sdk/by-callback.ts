import { expect } from 'vitest'
import { callbackOf, FEISHU, openFolder, post, serve } from '../serve.ts'
import { asHandled, byId, startConsumer } from './consumer.ts'
import { ADMIN, challenge, freePort, listens, settled, someCallbacks, until } from './gateway.ts'
import type { Command } from './toolchains.ts'

const TOKEN = 'the-consumers-own-token'
const KEY = 'the-consumers-own-key'

const routesOf = (url: string, key: string) => `${FEISHU}
sinks:
  app:
    type: webhook
    url: ${url}
    verification_token: ${TOKEN}
    encrypt_key: ${key}
    retry: { attempts: 1, quick: 0 }
routes:
  - { name: all, to: [app] }
`

/** An app behind the gateway's `webhook` sink gets what Feishu would post to it. */
export async function consumeByCallback(program: Command): Promise<void> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/webhook/event`
  const settings = { PORT: String(port), VERIFICATION_TOKEN: TOKEN, ENCRYPT_KEY: KEY }
  await using consumer = startConsumer(program, settings)
  await until('the consumer listens', () => listens(port), [consumer])

  expect(await challenge(url, KEY, TOKEN)).toEqual({ challenge: 'are-you-there' })

  await using folder = await openFolder({ 'routes.yaml': routesOf(url, KEY) })
  await using gateway = await serve(folder, ADMIN)
  await gateway.logged('answers its url_verification')
  const callbacks = someCallbacks(5)
  for (const callback of callbacks) expect(await post(gateway.url, callback)).toBe('200 accepted')
  await settled(gateway, 'delivered', callbacks, [consumer])
  const areHandled = () => consumer.handled.length >= callbacks.length
  await until('all are handled', areHandled, [consumer])
  expect(byId(consumer.handled)).toEqual(byId(callbacks.map((each) => asHandled(each, TOKEN))))

  await folder.write('routes.yaml', routesOf(url, 'a-mistyped-key'))
  await gateway.logged('does not answer its url_verification')
  const unreadable = callbackOf()
  expect(await post(gateway.url, unreadable)).toBe('200 accepted')
  await settled(gateway, 'dead', [unreadable], [consumer])
  expect(consumer.handled).toHaveLength(callbacks.length)
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
}
