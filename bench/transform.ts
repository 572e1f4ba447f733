/**
 * How many events a second a webhook sink delivers whose transform picks, renames and computes six fields; over the same
 * sink without one. Alone the expression costs what is printed beneath.
 */
import { createNodeLog } from '../src/hosts/node-log.ts'
import { createNodeRuntime } from '../src/hosts/node-runtime.ts'
import { openData } from '../src/sinks/transform.ts'
import { webhook } from '../src/sinks/webhook.ts'
import { sampleEvent } from '../test/sample-event.ts'
import { startChild } from './child.ts'
import { compare } from './pairs.ts'

const EVENTS = 3_000
const CONCURRENCY = 16

const transform = `{
  "instance": instance_code,
  "approver": user_id,
  "at": $fromMillis(create_time),
  "is_new": operate = "CREATE",
  "label": approval_code & "/" & $lowercase(operate),
  "of": $split(instance_code, /-/)[0]
}`

await using receiver = await startChild('receiver.ts')
const url = `http://127.0.0.1:${receiver.port}/`
const runtime = createNodeRuntime({ folder: '.', log: createNodeLog('silent') })
const plain = await webhook.open({ url, format: 'data' }, runtime)
const shaped = await webhook.open({ url, format: 'data', transform }, runtime)
const event = sampleEvent()
const context = { deliveryId: 'bench', attempt: 1, signal: new AbortController().signal }

async function deliverAll({ deliver }: typeof plain): Promise<number> {
  let left = EVENTS
  const startedAt = performance.now()
  async function deliverer(): Promise<void> {
    while (left-- > 0) await deliver(event, context)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, deliverer))
  return (EVENTS * 1000) / (performance.now() - startedAt)
}

const line = await compare({
  name: 'deliveries with a transform',
  baselineName: 'those without',
  prepare: async () => null,
  baseline: () => deliverAll(plain),
  measured: () => deliverAll(shaped),
})
console.log(line)

const dataOf = await openData({ transform })
const startedAt = performance.now()
for (let n = 0; n < EVENTS; n++) await dataOf(event)
const micros = ((performance.now() - startedAt) * 1000) / EVENTS
console.log(`the expression alone: ${micros.toFixed(0)} µs an event`)
await runtime.close()
