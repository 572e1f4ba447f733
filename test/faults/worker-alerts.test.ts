import { expect, test } from 'vitest'
import { buildWorker, persistFolder } from '../edge/edge.ts'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, post } from '../serve.ts'
import { full } from './harness.ts'

const routesOf = (every: string) => `sinks:
  finance: { type: webhook, url: "\${RECEIVER}/finance", retry: { attempts: 1, quick: 0 } }
  ops: { type: webhook, url: "\${RECEIVER}/ops", format: data }
routes: [{ name: all, to: [finance] }]
alerts: { to: [ops], events: [delivery.dead], every: ${every} }
`

/** Receivers of which one always fails, and what the other was told. */
async function openReceivers() {
  const receiver = await openReceiver()
  receiver.answerWith((response, request) =>
    status(request.path === '/ops' ? 200 : 500)(response, request),
  )
  const at = (path: string) => receiver.requests.filter((request) => request.path === path)
  return {
    url: receiver.url,
    counts: () => at('/ops').map(({ body }) => JSON.parse(body).count),
    failed: () => at('/finance').length,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

test('a worker tells of the first at once, and gathers the others', async () => {
  await using built = await buildWorker(routesOf('1s'))
  await using receivers = await openReceivers()
  const worker = await built.start(receivers.url)
  await post(worker.url, callbackOf())
  await expect.poll(receivers.counts).toEqual([1])
  await Promise.all([1, 2, 3].map(() => post(worker.url, callbackOf())))
  await expect.poll(() => receivers.counts().reduce((sum, count) => sum + count, 0)).toBe(4)
  expect(receivers.counts().length).toBeLessThanOrEqual(3)
  await worker.close()
})

// It is written five seconds after a change: with FAULTS=full there is time for that.
test.runIf(full)('what a worker has gathered outlives it', async () => {
  await using built = await buildWorker(routesOf('8s'))
  await using receivers = await openReceivers()
  using data = persistFolder()
  const first = await built.start(receivers.url, { persist: data.path })
  await post(first.url, callbackOf())
  await expect.poll(receivers.counts).toEqual([1])
  for (let each = 0; each < 3; each++) await post(first.url, callbackOf())
  await expect.poll(receivers.failed).toBe(4)
  await new Promise((resolve) => setTimeout(resolve, 6000))
  await first.kill()
  const second = await built.start(receivers.url, { persist: data.path })
  await expect.poll(receivers.counts).toEqual([1, 3])
  await second.close()
})
