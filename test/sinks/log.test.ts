import { expect, test } from 'vitest'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { log } from '../../src/sinks/log.ts'
import { silentLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { context } from '../suites/sink.ts'

test('writes one line an event, of what tells events apart', async () => {
  const lines: unknown[] = []
  const info = (...line: unknown[]) => lines.push(line)
  const runtime = createNodeRuntime({
    folder: '/tmp',
    log: { ...silentLog, info },
  })
  const sink = await log.open({}, runtime)
  await sink.deliver(sampleEvent({ via: 'app-1' }), context())
  expect(lines).toEqual([
    [
      {
        id: 'bc447199585340d1f3728d26b1c0297a',
        type: 'approval_cc',
        approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85',
        instance_code: '81D31358-93AF-92D6-7425-01A5D67C4E71',
        operate: 'CREATE',
        via: 'app-1',
      },
      'event',
    ],
  ])
})

test("one of the gateway's own events is written with all that it says", async () => {
  const lines: unknown[] = []
  const info = (...line: unknown[]) => lines.push(line)
  const runtime = createNodeRuntime({ folder: '/tmp', log: { ...silentLog, info } })
  const sink = await log.open({}, runtime)
  const data = { message: 'finance: 1 delivery was given up', sink: 'finance', count: 1 }
  const what = { id: 'alert-1', type: 'lark-fanout.delivery.dead', via: 'lark-fanout' }
  await sink.deliver(sampleEvent({ ...what, data }), context())
  expect(lines).toEqual([[{ ...what, ...data }, 'alert']])
})
