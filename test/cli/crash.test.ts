import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rm, stat, symlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, serve } from '../serve.ts'

function routes(...urls: readonly string[]): string {
  const retry = 'retry: { schedule: [200ms, 200ms, 1s, 1s, 1s, 1s, 1s, 1s], quick: 0 }'
  const sinks = urls.map(
    (url, index) => `  s${index}: { type: webhook, url: "${url}", ${retry} }\n`,
  )
  const names = urls.map((_, index) => `s${index}`)
  return `${FEISHU}sinks:\n${sinks.join('')}routes:\n  - { name: all, to: [${names}] }\n`
}

const idsOf = (receiver: { requests: readonly { body: string }[] }) =>
  new Set(receiver.requests.map(({ body }) => String(JSON.parse(body).uuid)))

/** Posts until told to stop, and gives the ids that were acknowledged. */
function load(url: string) {
  const acknowledged: string[] = []
  let stopped = false
  const workers = Array.from({ length: 8 }, async () => {
    while (!stopped) {
      const callback = callbackOf()
      const answer = await post(url, callback).catch(() => 'no answer')
      if (answer === '200 accepted') acknowledged.push(callback.uuid)
    }
  })
  return {
    acknowledged,
    async stop() {
      stopped = true
      await Promise.all(workers)
    },
  }
}

test('kill -9 under load: every acknowledged event reaches every sink after a restart', async () => {
  await using good = await openReceiver()
  await using flaky = await openReceiver()
  let turn = 0
  flaky.answerWith((response) => response.writeHead(++turn % 3 === 0 ? 200 : 500).end())
  await using folder = await openFolder({ 'routes.yaml': routes(good.url, flaky.url) })
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    await using gateway = await serve(folder)
    const running = load(gateway.url)
    await expect.poll(() => running.acknowledged.length).toBeGreaterThan(40)
    gateway.signal('SIGKILL')
    await running.stop()
    acknowledged.push(...running.acknowledged)
  }
  await using gateway = await serve(folder)
  flaky.answerWith(status(200))
  const lost = (receiver: typeof good) => {
    const arrived = idsOf(receiver)
    return acknowledged.filter((id) => !arrived.has(id)).length
  }
  await expect.poll(() => [lost(good), lost(flaky)], { timeout: 15_000 }).toEqual([0, 0])
  expect(await (await fetch(`${gateway.url}/readyz`)).json()).toEqual({ status: 'ready' })
}, 60_000)

test('a store whose file is gone is not ready, and nobody else may read the file', async () => {
  await using folder = await openFolder({ 'routes.yaml': routes('http://127.0.0.1:9') })
  await using gateway = await serve(folder)
  const { mode } = await stat(join(folder.path, 'data/lark-fanout.db'))
  expect(mode & 0o777).toBe(0o600)
  await rm(join(folder.path, 'data'), { recursive: true })
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
  await gateway.logged('is gone')
})

test('waits are as long as routes.yaml says, not rounded to a tick', async () => {
  await using receiver = await openReceiver()
  const times: number[] = []
  receiver.answerWith((response) => {
    times.push(performance.now())
    response.writeHead(500).end()
  })
  const waits = 'schedule: [1100ms, 1100ms], jitter: 0'
  const text = routes(receiver.url).replace(/schedule: \[[^\]]*\]/, waits)
  await using folder = await openFolder({ 'routes.yaml': text })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  await gateway.logged('dead letter')
  const [first = 0, second = 0, third = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(1095)
  expect(third - second).toBeGreaterThanOrEqual(1095)
  // Each rounded up to a second, they would be 4000 together.
  expect(third - first).toBeLessThan(3900)
})

test('SIGTERM finishes what is in flight, keeps the rest for the next start, and exits with 0', async () => {
  await using slow = await openReceiver()
  const { promise: release, resolve } = Promise.withResolvers<void>()
  slow.answerWith((response) => void release.then(() => response.end()), status(200))
  const one = routes(slow.url).replace('quick: 0 }', 'quick: 0 }, concurrency: 1')
  await using folder = await openFolder({ 'routes.yaml': one })
  await using gateway = await serve(folder)
  const first = callbackOf()
  const second = callbackOf()
  await post(gateway.url, first)
  await expect.poll(() => slow.requests.length).toBe(1)
  await post(gateway.url, second)
  gateway.signal('SIGTERM')
  await expect
    .poll(() =>
      fetch(gateway.url).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed')
  resolve()
  expect(await gateway.ended).toBe(0)
  expect(idsOf(slow)).toEqual(new Set([first.uuid]))
  await using again = await serve(folder)
  await expect.poll(() => idsOf(slow)).toEqual(new Set([first.uuid, second.uuid]))
  expect(slow.requests.length).toBe(2)
  expect(again.log.join('\n')).not.toContain('error')
})

test('SIGTERM ends it, though clients say nothing or dribble', async () => {
  await using folder = await openFolder({ 'routes.yaml': routes('http://127.0.0.1:9') })
  await using gateway = await serve(folder)
  const port = Number(new URL(gateway.url).port)
  const silent = connect(port, '127.0.0.1')
  const slow = connect(port, '127.0.0.1')
  // The gateway cuts them off in the end.
  for (const socket of [silent, slow]) socket.on('error', () => {})
  slow.write('POST /webhook/event HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{')
  await Promise.all([once(silent, 'connect'), once(slow, 'connect')])
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
  silent.destroy()
  slow.destroy()
})

test('a second serve on the same store refuses', async () => {
  await using receiver = await openReceiver()
  await using folder = await openFolder({ 'routes.yaml': routes(receiver.url) })
  await using first = await serve(folder)
  await expect(serve(folder)).rejects.toThrow(/ended \(1\)[\s\S]*being served/)
  await symlink('data/lark-fanout.db', join(folder.path, 'alias.db'))
  const alias = { DATABASE_URL: 'sqlite:./alias.db' }
  await expect(serve(folder, alias)).rejects.toThrow(/ended \(1\)[\s\S]*being served/)
  expect(await post(first.url, callbackOf())).toBe('200 accepted')
})

const strace = spawnSync('strace', ['-V']).status === 0 && process.getuid?.() === 0

test.skipIf(!strace)('the disk is flushed before each answer (needs strace, as root)', async () => {
  const paused = routes('http://127.0.0.1:9').replace('quick: 0 }', 'quick: 0 }, paused: true')
  await using folder = await openFolder({ 'routes.yaml': paused })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  const calls = 'trace=fdatasync,fsync,write,writev'
  const tracer = spawn('strace', ['-f', '-s', '20', '-e', calls, '-p', String(gateway.pid)])
  const trace = collect(tracer.stderr)
  await expect.poll(() => trace.text).toContain('attached')
  for (let count = 0; count < 3; count++) await post(gateway.url, callbackOf())
  tracer.kill('SIGINT')
  await once(tracer, 'close')
  const order = trace.text.split('\n').flatMap((line) => {
    if (/(fdatasync|fsync)(\(\d+\)| resumed>\)) += 0/.test(line)) return ['flush']
    return line.includes('HTTP/1.1 200 OK') ? ['answer'] : []
  })
  expect(order).toEqual(['flush', 'answer', 'flush', 'answer', 'flush', 'answer'])
})

function collect(stream: NodeJS.ReadableStream): { text: string } {
  const collected = { text: '' }
  stream.on('data', (chunk) => {
    collected.text += chunk
  })
  return collected
}
