import { expect, test } from 'vitest'
import { startKafka, whyNoKafka } from '../kafka-broker.ts'
import { openFolder, serve } from '../serve.ts'
import {
  createSender,
  eventually,
  full,
  openConsumer,
  routesTo,
  settle,
  TIRELESS,
} from './harness.ts'
import { createTopic, followTopic } from './topic.ts'

const title = 'a broker dies (kill -9) and returns: all that was acknowledged is in the topic'
const missing = full ? await whyNoKafka() : 'it is part of `npm run test:faults`'

test.skipIf(missing)(
  missing ? `${title}: SKIPPED, ${missing}` : title,
  async () => {
    await using cleanup = new AsyncDisposableStack()
    const broker = cleanup.adopt(await startKafka(), ({ stop }) => stop())
    await createTopic(broker, 'approvals')
    await using healthy = await openConsumer()
    const sinks = {
      healthy: { type: 'webhook', url: healthy.url },
      lake: { type: 'kafka', brokers: [broker.address], topic: 'approvals', ...TIRELESS },
    }
    await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
    await using gateway = await serve(folder)
    const sender = createSender()
    const atLeast = (count: number) => eventually(() => sender.count >= count, true, 60_000)
    const load = sender.load(gateway.url)
    for (let death = 0; death < 3; death++) {
      await atLeast(sender.count + 200)
      await broker.kill()
      // What comes meanwhile is acknowledged as ever.
      await atLeast(sender.count + 200)
      await broker.start()
    }
    await atLeast(sender.count + 200)
    await load.stop()
    await using topic = await followTopic(broker, 'approvals')
    await settle('a Kafka broker dies three times', sender, [healthy, topic], 120_000)
    expect(healthy.taken.size).toBe(sender.count)
  },
  300_000,
)
