import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { callbackOf, type Folder, openFolder, post, type Served, sealed, serve } from '../serve.ts'
import {
  createSender,
  eventually,
  full,
  openConsumer,
  refuse,
  routesTo,
  settle,
  TIRELESS,
  take,
  whyNot,
} from './harness.ts'
import { mountVolume, noVolumes } from './volume.ts'

const EVENTS = 20
const TIMES = full ? 5 : 1

interface Limit {
  fill(): void
  free(): Promise<void> | void
}

/**
 * From full to room again, with a gateway that goes on all the while. What could not be settled in some seconds is
 * delivered once more when its lease of half a minute is over.
 */
async function outOfRoom(title: string, folder: Folder, limitOf: (gateway: Served) => Limit) {
  await using consumer = await openConsumer()
  await using flaky = await openConsumer()
  flaky.behave(() => (flaky.requests.length % 3 > 0 ? refuse : take))
  const sink = (url: string) => ({ type: 'webhook', url, timeout: '1s', ...TIRELESS })
  const sinks = { consumer: sink(consumer.url), flaky: sink(flaky.url) }
  await folder.write('routes.yaml', routesTo(sinks))
  await using gateway = await serve(folder)
  const { fill, free } = limitOf(gateway)
  const sender = createSender()
  const ready = async () => (await fetch(`${gateway.url}/readyz`)).status
  const send = () => sender.send(gateway.url)
  for (let time = 0; time < TIMES; time++) {
    for (let count = 0; count < EVENTS; count++) expect(await send()).toBe('200 accepted')
    fill()
    await eventually(send, '503')
    const message = await sealed(callbackOf())
    const refused = await fetch(`${gateway.url}/webhook/event`, { method: 'POST', ...message })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '15'])
    await eventually(ready, 503)
    // What finds room after all is as good as any.
    for (let count = 0; count < EVENTS; count++) expect(await send()).toMatch(/^(200 |503$)/)
    await free()
    await eventually(send, '200 accepted')
  }
  await settle(title, sender, [consumer, flaky], 120_000)
  await eventually(ready, 200)
}

const LONG = { timeout: 300_000 }

describe.concurrent('the disk', () => {
  const onVolume = 'the disk is full: 503 until there is room, nothing lost'

  test.skipIf(noVolumes)(
    noVolumes ? `${onVolume}: ${noVolumes} (needs root)` : onVolume,
    LONG,
    async () => {
      await using folder = await openFolder({})
      using volume = mountVolume(join(folder.path, 'data'))
      await outOfRoom('disk full', folder, () => volume)
    },
  )

  const onLimit = 'the file may not grow: 503 until it may, nothing lost'
  const noLimits = whyNot('prlimit', '--fsize=unlimited:', 'true')

  test.skipIf(noLimits)(noLimits ? `${onLimit}: ${noLimits}` : onLimit, async () => {
    await using folder = await openFolder({})
    await outOfRoom('file size limit', folder, ({ pid }) => {
      const limit = (bytes: number | string) =>
        void execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`])
      return {
        fill: () => limit(statSync(join(folder.path, 'data/lark-fanout.db-wal')).size),
        free: () => limit('unlimited'),
      }
    })
  })

  const flushed = 'the disk is flushed before each answer'
  const noTrace = whyNot('strace', '-o', '/dev/null', 'true')

  test.skipIf(noTrace)(noTrace ? `${flushed}: ${noTrace} (needs root)` : flushed, async () => {
    const paused = { type: 'webhook', url: 'http://127.0.0.1:9', paused: true }
    await using folder = await openFolder({ 'routes.yaml': routesTo({ paused }) })
    await using gateway = await serve(folder)
    await post(gateway.url, callbackOf())
    const calls = 'trace=fdatasync,fsync,write,writev'
    const tracer = spawn('strace', ['-f', '-s', '20', '-e', calls, '-p', String(gateway.pid)])
    let trace = ''
    tracer.stderr.on('data', (chunk) => {
      trace += chunk
    })
    await eventually(() => trace.includes('attached'), true)
    for (let count = 0; count < 3; count++) await post(gateway.url, callbackOf())
    tracer.kill('SIGINT')
    await once(tracer, 'close')
    const order = trace.split('\n').flatMap((line) => {
      if (/(fdatasync|fsync)(\(\d+\)| resumed>\)) += 0/.test(line)) return ['flush']
      return line.includes('HTTP/1.1 200 OK') ? ['answer'] : []
    })
    expect(order).toEqual(['flush', 'answer', 'flush', 'answer', 'flush', 'answer'])
  })
})
