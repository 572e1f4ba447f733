import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Answer } from '../receiver.ts'
import { openFolder, serve } from '../serve.ts'
import {
  type Consumer,
  createSender,
  eventually,
  full,
  hang,
  metric,
  openConsumer,
  refuse,
  routesTo,
  settle,
  TWICE,
} from './harness.ts'

const EVENTS = full ? 300 : 20

interface Listener extends AsyncDisposable {
  readonly url: string
}

/** A server that does as it likes with a connection once something has come. */
async function listenRaw(onRequest: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.once('data', () => onRequest(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function drip(socket: Socket, text: string): void {
  let sent = 0
  const timer = setInterval(() => socket.write(text.charAt(sent++ % text.length)), 1000)
  socket.once('close', () => clearInterval(timer))
}

const OK = 'HTTP/1.1 200 OK\r\n'

const endless =
  (code: number): Answer =>
  (response) => {
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    }
    response.writeHead(code).on('drain', write)
    write()
  }

async function listenHttp(answer: Answer): Promise<Listener> {
  const consumer = await openConsumer()
  consumer.behave(() => answer)
  return consumer
}

/** Receivers of every bad kind; where one says 200 before it misbehaves, it has the event. */
function openBadOnes({ url }: Consumer) {
  const redirect: Answer = (response) => response.writeHead(307, { Location: url }).end()
  return {
    dead: {
      hangs: listenHttp(hang),
      refuses: listenHttp(refuse),
      redirects: listenHttp(redirect),
      'refuses-without-end': listenHttp(endless(500)),
      resets: listenRaw((socket) => socket.resetAndDestroy()),
      'hangs-up': listenRaw((socket) => socket.end()),
      'drips-its-headers': listenRaw((socket) => drip(socket, OK)),
      'speaks-garbage': listenRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')),
    },
    delivered: {
      'takes-without-end': listenHttp(endless(200)),
      'takes-and-hangs-up': listenRaw((socket) => socket.end(`${OK}Content-Length: 9\r\n\r\n`)),
      'takes-and-drips': listenRaw((socket) => {
        socket.write(`${OK}Content-Length: 9999\r\n\r\n`)
        drip(socket, 'drop')
      }),
    },
  }
}

/** The most that a process has held, in MiB; 0 where nobody says (only Linux does). */
function peakMemory(pid: number): number {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return 0
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8')) ?? []
  return Number(kibibytes) / 1024
}

test('receivers that misbehave in every way stall no other, and end as their options say', async () => {
  await using healthy = await openConsumer()
  await using listeners = new AsyncDisposableStack()
  const opened = async (some: Readonly<Record<string, Promise<Listener>>>) => {
    const entries = Object.entries(some).map(async ([name, listener]) => {
      const { url } = listeners.use(await listener)
      return [name, { type: 'webhook', url, timeout: '1s', ...TWICE }] as const
    })
    return Object.fromEntries(await Promise.all(entries))
  }
  const bad = openBadOnes(healthy)
  const dead = {
    ...(await opened(bad.dead)),
    'is-no-name': { type: 'webhook', url: 'http://nowhere.invalid', ...TWICE },
    'is-no-port': { type: 'webhook', url: 'http://127.0.0.1:9', ...TWICE },
  }
  const delivered = await opened(bad.delivered)
  const pending = {
    waits: { type: 'webhook', url: 'http://127.0.0.1:9', retry: { schedule: ['1h'], quick: 0 } },
  }
  const sinks = {
    healthy: { type: 'webhook', url: healthy.url },
    ...dead,
    ...delivered,
    ...pending,
  }
  await using folder = await openFolder({ 'routes.yaml': routesTo(sinks) })
  await using gateway = await serve(folder)
  const before = peakMemory(gateway.pid)
  const sender = createSender()
  for (let count = 0; count < EVENTS; count++) {
    expect(await sender.send(gateway.url)).toBe('200 accepted')
  }
  const title = `${Object.keys(sinks).length - 1} receivers misbehave`
  const { duplicates } = await settle(title, sender, [healthy])
  expect(duplicates).toBe(0)

  const count = (name: string) => metric(gateway.url, name)
  for (const name of Object.keys(dead)) {
    await eventually(() => count(`lark_fanout_dead{sink="${name}"}`), EVENTS, 120_000)
    expect([name, await count(`lark_fanout_backlog{sink="${name}"}`)]).toEqual([name, 0])
  }
  const ended = (name: string) => `lark_fanout_deliveries_total{sink="${name}",result="delivered"}`
  for (const name of Object.keys(delivered)) {
    await eventually(() => count(ended(name)), EVENTS, 120_000)
  }
  expect(await count('lark_fanout_backlog{sink="waits"}')).toBe(EVENTS)
  // No redirect was followed.
  expect(healthy.requests).toHaveLength(EVENTS)
  expect(peakMemory(gateway.pid) - before).toBeLessThan(300)
}, 300_000)
