/**
 * How many callbacks a second the gateway accepts, over how many a bare Hono server answers: encrypted and signed, each
 * a new event, in the file with its three deliveries before the answer. The sinks are paused: nothing is sent.
 */
import { startChild } from './child.ts'
import { createCpuMeter } from './cpu.ts'
import { callbacks, startGateway } from './gateway.ts'
import { send } from './load.ts'
import { compare } from './pairs.ts'
import { wantsSlowFlush } from './slow-flush.ts'

const CALLBACKS = 8_000

const slowFlush = wantsSlowFlush()
await using bare = await startChild('bare.ts')
await using gateway = await startGateway({ url: 'http://127.0.0.1:9/', paused: true, slowFlush })
const cpu = createCpuMeter(gateway.pid)
const bareCpu = createCpuMeter(bare.pid)

let sent = 0
const line = await compare({
  name: slowFlush ? 'accept, flush slowed by 5 ms' : 'accept',
  baselineName: 'a bare Hono POST',
  async prepare() {
    sent += CALLBACKS
    return callbacks(CALLBACKS)
  },
  baseline: (requests) => bareCpu.during(() => send(bare.port, requests)),
  measured: (requests) => cpu.during(() => send(gateway.port, requests)),
})
console.log(line)
console.log(cpu.report('callback', sent))
console.log(bareCpu.report('bare POST', sent))
