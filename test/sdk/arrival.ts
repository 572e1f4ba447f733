import { expect } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { FEISHU, openFolder, post, serve } from '../serve.ts'
import { ADMIN, challenge, connectedTo, settled, someCallbacks, until } from './gateway.ts'

const APP_ID = 'cli_00000000000000bb'
const APP_SECRET = 'the-apps-secret'

/** Feishu registers the request URL, then posts events to it. */
export async function arriveByCallback(): Promise<void> {
  await using receiver = await openReceiver()
  await using folder = await openFolder({ 'routes.yaml': `${FEISHU}${routesTo(receiver.url)}` })
  await using gateway = await serve(folder, ADMIN)
  const question = await challenge(`${gateway.url}/webhook/event`)
  expect(question).toEqual({ challenge: 'are-you-there' })
  const callbacks = someCallbacks(3)
  for (const callback of callbacks) expect(await post(gateway.url, callback)).toBe('200 accepted')
  await settled(gateway, 'delivered', callbacks, [])
  expect(idsOf(receiver.requests)).toEqual(callbacks.map(({ uuid }) => uuid).toSorted())
}

/** A gateway connects to another one as it would to Feishu. What comes by callback as well is one event. */
export async function arriveByLongConnection(): Promise<void> {
  await using upstreamFolder = await openFolder({
    'routes.yaml': `${FEISHU}
sinks: { app: { type: feishu-ws, app_id: ${APP_ID}, app_secret: ${APP_SECRET} } }
routes: [{ name: all, to: [app] }]
`,
  })
  await using upstream = await serve(upstreamFolder, ADMIN)
  await using receiver = await openReceiver()
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}
  connection:
    type: feishu-ws
    app_id: ${APP_ID}
    app_secret: ${APP_SECRET}
    domain: ${upstream.url}
${routesTo(receiver.url)}`,
  })
  await using gateway = await serve(folder, ADMIN)
  await until('the gateways are connected', () => connectedTo(upstream) === 1, [])
  const callbacks = someCallbacks(3)
  for (const callback of callbacks) expect(await post(upstream.url, callback)).toBe('200 accepted')
  await settled(upstream, 'delivered', callbacks, [])
  for (const callback of callbacks) expect(await post(gateway.url, callback)).toBe('200 duplicate')
  await settled(gateway, 'delivered', callbacks, [])
  expect(idsOf(receiver.requests)).toEqual(callbacks.map(({ uuid }) => uuid).toSorted())
}

const routesTo = (url: string) => `
sinks: { receiver: { type: webhook, url: "${url}" } }
routes: [{ name: all, to: [receiver] }]
`

function idsOf(requests: readonly { body: string; method: string }[]): string[] {
  const posted = requests.filter(({ method }) => method === 'POST')
  return posted.map(({ body }) => JSON.parse(body).uuid).toSorted()
}
