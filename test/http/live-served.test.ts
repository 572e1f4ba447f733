import { expect, test } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, serve } from '../serve.ts'
import { ADMIN_TOKEN, VIEWER_TOKEN } from './api/setup.ts'

test('a viewer watches an event arrive, without what is redacted, until the gateway ends', async () => {
  await using receiver = await openReceiver()
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { hook: { type: webhook, url: "${receiver.url}" } }
routes: [{ name: all, to: [hook] }]
redact: [user_id]
`,
  })
  await using gateway = await serve(folder, { ADMIN_TOKEN, VIEWER_TOKEN })
  const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } }
  const stream = await fetch(`${gateway.url}/api/stream`, asViewer)
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  const read = async () => (await reader?.read()) ?? { done: true, value: undefined }
  let text = ''
  const readUntil = async (part: string) => {
    while (!text.includes(part)) text += (await read()).value ?? ''
  }
  const callback = callbackOf()
  await post(gateway.url, callback)
  await readUntil('event: event')
  await readUntil('event: attempt')
  expect(text).toContain(`"id":"${callback.uuid}"`)
  expect(text).toContain(`"event":"${callback.uuid}"`)
  const event = await fetch(`${gateway.url}/api/events/${callback.uuid}`, asViewer)
  expect(Object(await event.json()).body.event).toMatchObject({
    user_id: '[redacted]',
    from: callback.event.from,
  })
  // Receivers get it as ever.
  expect(JSON.parse(receiver.requests[0]?.body ?? '').event.user_id).toBe(callback.event.user_id)
  const pause = { method: 'POST', ...asViewer }
  expect((await fetch(`${gateway.url}/api/sinks/hook/pause`, pause)).status).toBe(403)
  gateway.signal('SIGTERM')
  // Ended, and not cut off: that would throw.
  while (!(await read()).done) {}
  expect(await gateway.ended).toBe(0)
})
