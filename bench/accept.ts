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
const CONNECTIONS = 64

const slowFlush = wantsSlowFlush()
await using bare = await startChild('bare.ts')
await using gateway = await startGateway({ url: 'http://127.0.0.1:9/', paused: true, slowFlush })
const cpu = createCpuMeter(gateway.pid)

let measured = 0
const load = (port: number, requests: readonly Buffer[]) =>
  send({ port, requests, connections: CONNECTIONS, answer: '"msg":"accepted"}' })

const line = await compare({
  name: slowFlush ? 'accept, flush slowed by 5 ms' : 'accept',
  baselineName: 'a bare Hono POST',
  prepare: () => callbacks(CALLBACKS),
  baseline: (requests) => load(bare.port, requests),
  measured(requests) {
    measured += requests.length
    return cpu.during(() => load(gateway.port, requests))
  },
})
console.log(line)
console.log(cpu.report('callback', measured))
