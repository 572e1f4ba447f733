import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startKafka, whyNoKafka } from '../kafka-broker.ts'
import { endOf, type Folder, openFolder, serve, start } from '../serve.ts'
import {
  createRandom,
  createSender,
  eventually,
  full,
  hang,
  openConsumer,
  refuse,
  routesTo,
  seed,
  settle,
  TIRELESS,
  take,
} from './harness.ts'
import { createTopic, followTopic } from './topic.ts'

const KILLS = full ? 100 : 3
const title = `kill -9, ${KILLS} times under load (SEED=${seed})`

/** Recovery may be cut short as well. */
async function killAsItStarts(folder: Folder, afterMs: number): Promise<void> {
  const child = start(folder, ['serve'])
  await pause(afterMs)
  child.kill('SIGKILL')
  await endOf(child)
}

/** A Kafka sink, in the full form and where a broker can run. */
async function openLake() {
  if (!full || (await whyNoKafka())) return undefined
  const broker = await startKafka()
  await createTopic(broker, 'approvals')
  return {
    sinks: {
      lake: { type: 'kafka', brokers: [broker.address], topic: 'approvals', ...TIRELESS },
    },
    follow: () => followTopic(broker, 'approvals'),
    [Symbol.asyncDispose]: () => broker.stop(),
  }
}

test(`${title}: nothing acknowledged is lost, and order is kept`, {
  timeout: KILLS * 10_000,
}, async () => {
  const random = createRandom()
  await using healthy = await openConsumer()
  await using flaky = await openConsumer()
  await using hanging = await openConsumer()
  await using ordered = await openConsumer()
  flaky.behave(() => (random() < 0.5 ? refuse : take))
  hanging.behave(() => (random() < 0.2 ? hang : take))
  ordered.behave(() => (random() < 0.3 ? refuse : take))
  const sink = (url: string) => ({ type: 'webhook', url, timeout: '300ms', ...TIRELESS })
  const sinks = {
    healthy: sink(healthy.url),
    flaky: { ...sink(flaky.url), breaker: { failures: 3, cooldown: '100ms' } },
    hanging: sink(hanging.url),
    ordered: { ...sink(ordered.url), order_by: 'instance_code' },
  }
  await using lake = await openLake()
  await using folder = await openFolder({ 'routes.yaml': routesTo({ ...sinks, ...lake?.sinks }) })
  const sender = createSender()
  for (let kill = 0; kill < KILLS; kill++) {
    await using gateway = await serve(folder)
    const enough = sender.count + Math.floor(random() * 60)
    const load = sender.load(gateway.url)
    await eventually(() => sender.count > enough, true)
    await pause(random() * 20)
    gateway.signal('SIGKILL')
    await load.stop()
    if (random() < 0.3) await killAsItStarts(folder, random() * 1000)
  }
  flaky.behave(() => take)
  hanging.behave(() => take)
  ordered.behave(() => take)
  await using gateway = await serve(folder)
  const topic = await lake?.follow()
  const everywhere = [healthy, flaky, hanging, ordered, ...(topic ? [topic] : [])]
  await settle(title, sender, everywhere, 120_000)
  await topic?.[Symbol.asyncDispose]()
  for (const ids of sender.acknowledged.values()) {
    const arrived = [...ordered.taken.keys()].filter((id) => ids.includes(id))
    expect(arrived).toEqual(ids)
  }
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
})
