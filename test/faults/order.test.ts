import { expect, test } from 'vitest'
import { openFolder, type Served, serve } from '../serve.ts'
import {
  type Consumer,
  createRandom,
  createSender,
  eventually,
  openConsumer,
  refuse,
  routesTo,
  type Sender,
  settle,
  TIRELESS,
  take,
} from './harness.ts'

/** Fewer at a time than there are keys, so that the lane is full throughout. */
const ORDERED = { type: 'webhook', order_by: 'instance_code', concurrency: 3, ...TIRELESS }

const HELD_UP = 'instance-0'

/** How many events of each key have been taken. */
function progress({ acknowledged }: Sender, { taken }: Consumer): Map<string, number> {
  const counts = [...acknowledged].map(
    ([key, ids]) => [key, ids.filter((id) => taken.has(id)).length] as const,
  )
  return new Map(counts)
}

function expectOrder({ acknowledged }: Sender, { taken }: Consumer): void {
  for (const ids of acknowledged.values()) {
    expect([...taken.keys()].filter((id) => ids.includes(id))).toEqual(ids)
  }
}

test('order is kept per key through failures, retries, a reload, a restart and a full lane; other keys flow', async () => {
  const random = createRandom()
  await using consumer = await openConsumer()
  let heldUp = true
  consumer.behave(() => (response, request) => {
    const { event } = JSON.parse(request.body)
    const refuses = heldUp && event.instance_code === HELD_UP
    const answer = refuses || random() < 0.2 ? refuse : take
    answer(response, request)
  })
  const routes = (timeout: string) =>
    routesTo({ ordered: { ...ORDERED, url: consumer.url, timeout } })
  await using folder = await openFolder({ 'routes.yaml': routes('5s') })
  const sender = createSender()

  /** Under load until every key but the one that is held up has come further. */
  async function othersFlow(gateway: Served): Promise<void> {
    const before = progress(sender, consumer)
    const load = sender.load(gateway.url)
    await eventually(() => {
      const now = [...progress(sender, consumer)]
      return now.every(([key, count]) => key === HELD_UP || count > (before.get(key) ?? 0) + 3)
    }, true)
    await load.stop()
    expect(progress(sender, consumer).get(HELD_UP)).toBe(0)
  }

  {
    await using gateway = await serve(folder)
    await othersFlow(gateway)
    await folder.write('routes.yaml', routes('6s'))
    await gateway.logged('routes.yaml reloaded')
    await othersFlow(gateway)
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toBe(0)
  }
  await using gateway = await serve(folder)
  await othersFlow(gateway)
  heldUp = false
  await settle('order through a reload and a restart', sender, [consumer])
  expectOrder(sender, consumer)
  expect(gateway.log.join()).not.toContain('"level":50')
})
