import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { listen, type ServerLimits } from '../../src/hosts/node-server.ts'
import { readBody } from '../../src/http/body.ts'
import { recordingLog } from '../log.ts'

const MIB = 1024 * 1024
const here = { port: 0, host: '127.0.0.1' }
const tight: ServerLimits = {
  connections: 1000,
  requestMs: 400,
  headersMs: 200,
  lookEveryMs: 20,
  idleMs: 300,
  silentMs: 60_000,
}
const generous = { ...tight, requestMs: 60_000, headersMs: 60_000, idleMs: 60_000 }

/** Keeps what it was asked, and the lengths of the bodies that came whole, up to 1 MiB. */
async function openServer(limits: ServerLimits) {
  const log = recordingLog()
  const asked: string[] = []
  const taken: number[] = []
  const fetch = async (request: Request) => {
    const { pathname } = new URL(request.url)
    asked.push(`${request.method} ${pathname}`)
    const read = readBody(request, MIB)
    const { length } = await read.catch(() => ({ length: -1 }))
    if (length < 0) return new Response('too large', { status: 413 })
    taken.push(length)
    return new Response(`${length} bytes`)
  }
  const server = await listen({ fetch }, here, { now: Date.now, log }, limits)
  return { ...server, asked, taken, log }
}

interface Client {
  readonly socket: Socket
  /** What has come so far. */
  text(): string
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>
}

const clients = new Set<Socket>()

function dial(port: number, first = ''): Client {
  const socket = connect(port, '127.0.0.1')
  clients.add(socket)
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  // A reset is one of the ways in which a server closes.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  if (first) socket.write(first, 'latin1')
  return { socket, text: () => text, closed }
}

/** All status codes of a connection's answers. */
function statuses(text: string): string[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code = '']) => code)
}

afterAll(() => {
  for (const socket of clients) socket.destroy()
})

describe('what is not HTTP, or too much of it', async () => {
  const server = await openServer(generous)
  afterAll(() => server.close())

  const head = 'POST /in HTTP/1.1\r\nHost: gateway\r\n'
  test.each([
    ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, '400'],
    ['a length below nothing', `${head}Content-Length: -2\r\n\r\n{}`, '400'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01', '400'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
    ['a NUL in a header', 'GET /in HTTP/1.1\r\nHost: gateway\r\nA: \0\r\n\r\n', '400'],
    ['no Host', 'GET /in HTTP/1.1\r\n\r\n', '400'],
    ['a header of 20 KB', `${head}A: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
    ['an address of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, '431'],
    ['3,000 headers', `${head}${'Some: 1\r\n'.repeat(3000)}\r\n`, '431'],
  ])('%s: is answered and closed, and nothing is asked', async (_, text, code) => {
    server.asked.length = 0
    const client = dial(server.port, text)
    await client.closed
    expect([statuses(client.text()), server.asked]).toEqual([[code], []])
  })

  test.each([
    ['an unknown transfer encoding', `${head}Transfer-Encoding: gzip\r\n\r\n{}`],
    ['chunks that are none', `${head}Transfer-Encoding: chunked\r\n\r\nno\r\n`],
  ])('%s: the body is never whole', async (_, text) => {
    server.taken.length = 0
    const client = dial(server.port, text)
    await client.closed
    expect([statuses(client.text()), server.taken]).toEqual([['400'], []])
  })

  test('CONNECT is closed without an answer', async () => {
    server.asked.length = 0
    const client = dial(server.port, 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.closed
    expect([client.text(), server.asked]).toEqual(['', []])
  })

  test('a length together with chunks smuggles nothing in', async () => {
    server.asked.length = 0
    const hidden = 'GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n'
    const both = `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`
    const client = dial(server.port, both)
    await client.closed
    expect([statuses(client.text()), server.asked]).toEqual([['400'], []])
  })

  test.each(['a b', 'a@b', '[::1', 'a/b'])('the Host %j is a plain problem', async (host) => {
    server.asked.length = 0
    const client = dial(server.port, `GET /in HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    await expect.poll(client.text).toMatch(/"status":400/)
    expect(client.text()).toContain('application/problem+json')
    expect(server.asked).toEqual([])
  })

  test.each(['/in', '/callback/ws'])(
    'an upgrade of %s is answered like any other',
    async (path) => {
      server.asked.length = 0
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{}'
      const client = dial(server.port, head.replace('/in', path) + upgrade)
      await expect.poll(client.text).toContain('2 bytes')
      expect(server.asked).toEqual([`POST ${path}`])
    },
  )

  test('requests in a row on one connection are answered in their order', async () => {
    server.asked.length = 0
    const post = (body: string) => `${head}Content-Length: ${body.length}\r\n\r\n${body}`
    const client = dial(server.port, [1, 22, 333].map((body) => post(`${body}`)).join(''))
    await expect.poll(client.text).toContain('3 bytes')
    expect(client.text().match(/\d bytes/g)).toEqual(['1 bytes', '2 bytes', '3 bytes'])
  })

  test.each([
    ['declared', `${head}Content-Length: 900000000000\r\n\r\n`],
    [
      'declared and announced',
      `${head}Expect: 100-continue\r\nContent-Length: 900000000000\r\n\r\n`,
    ],
    ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n`],
  ])('a body without end (%s) is answered 413, and no longer read', async (_, start) => {
    const client = dial(server.port, start)
    const part = Buffer.alloc(64 * 1024, 'a')
    // A socket that is closed takes no write.
    const write = (error?: Error | null): void => {
      if (!error) client.socket.write(part, write)
    }
    write()
    await client.closed
    expect(statuses(client.text()).at(-1)).toBe('413')
  })
})

test('a port that is taken says which one, and what to do', async () => {
  const server = await openServer(generous)
  const at = { ...here, port: server.port, variable: 'ADMIN_PORT' } as const
  const runtime = { now: Date.now, log: recordingLog() }
  await expect(listen({ fetch: () => new Response() }, at, runtime)).rejects.toThrow(
    `cannot listen on port ${server.port} of 127.0.0.1, which is in use: end what listens there, or set ADMIN_PORT`,
  )
  await server.close()
})

test('a host that is not this machine’s says so', async () => {
  const at = { port: 0, host: '192.0.2.1' }
  const runtime = { now: Date.now, log: recordingLog() }
  await expect(listen({ fetch: () => new Response() }, at, runtime)).rejects.toThrow(
    '192.0.2.1 is no address of this machine: set HOST',
  )
})

describe('what takes too long', async () => {
  const server = await openServer(tight)
  afterAll(() => server.close())

  /** Sends a byte now and then: it is the whole that must come in time. */
  async function drip(client: Client): Promise<number> {
    const startedAt = performance.now()
    let isOpen = true
    client.closed.then(() => (isOpen = false))
    while (isOpen) {
      client.socket.write('a')
      await Promise.race([sleep(20), client.closed])
    }
    return performance.now() - startedAt
  }

  test('a connection on which nothing is ever asked is closed', async () => {
    const client = dial(server.port)
    await client.closed
    expect(statuses(client.text())).toEqual(['408'])
  })

  test('headers that do not end are cut off', async () => {
    const client = dial(server.port, 'POST /in HTTP/1.1\r\nHost: gateway\r\nA: ')
    const ms = await drip(client)
    expect(statuses(client.text())).toEqual(['408'])
    expect(ms).toBeGreaterThan(tight.headersMs - 50)
  })

  test('a body that does not end is cut off', async () => {
    const start = 'POST /in HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n'
    const client = dial(server.port, start)
    const ms = await drip(client)
    expect(statuses(client.text())).not.toContain('200')
    expect(ms).toBeGreaterThan(tight.requestMs - 50)
  })

  test('a connection that asks nothing more is closed', async () => {
    const client = dial(server.port, 'GET /in HTTP/1.1\r\nHost: gateway\r\n\r\n')
    await client.closed
    expect(statuses(client.text())).toEqual(['200'])
  })
})

test('a connection whose answers nobody reads is closed', async () => {
  const server = await openServer({ ...generous, silentMs: 300 })
  const client = dial(server.port)
  client.socket.pause()
  const request = 'GET /in HTTP/1.1\r\nHost: gateway\r\n\r\n'.repeat(1000)
  // It reads nothing, and so sees the end only when a write fails.
  const write = (error?: Error | null): void => {
    if (!error) client.socket.write(request, write)
  }
  write()
  await client.closed
  await server.close()
})

test('an answer that takes longer than that to be given is given', async () => {
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const limits = { ...generous, silentMs: 100 }
  const runtime = { now: Date.now, log: recordingLog() }
  const fetch = async () => {
    await done
    return new Response('at last')
  }
  const server = await listen({ fetch }, here, runtime, limits)
  const client = dial(server.port, 'GET /in HTTP/1.1\r\nHost: gateway\r\n\r\n')
  const isCut = await Promise.race([client.closed.then(() => true), sleep(500, false)])
  expect(isCut).toBe(false)
  resolve()
  await expect.poll(client.text).toContain('at last')
  client.socket.destroy()
  await server.close()
})

test('connections above the limit are closed, and the log says how many, not each', async () => {
  const server = await openServer({ ...generous, connections: 3 })
  const get = 'GET /in HTTP/1.1\r\nHost: gateway\r\n\r\n'
  const first = [1, 2, 3].map(() => dial(server.port, get))
  await expect.poll(() => first.every(({ text }) => text().includes('bytes'))).toBe(true)
  const surplus = Array.from({ length: 20 }, () => dial(server.port, get))
  await Promise.all(surplus.map(({ closed }) => closed))
  expect(surplus.map(({ text }) => text()).join('')).toBe('')
  expect(server.log.lines[0]).toBe('warn connections are closed: there are too many {"count":1}')
  expect(server.log.lines.length).toBeLessThan(20)

  first[0]?.socket.destroy()
  await expect
    .poll(async () => {
      const next = dial(server.port, get)
      await Promise.race([next.closed, once(next.socket, 'data')])
      return next.text()
    })
    .toContain('bytes')
  await server.close()
})

test('a server that closes waits for no upgrade for ever', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const upgrade = () => {
    resolve()
    return new Promise<never>(() => {})
  }
  const runtime = { now: Date.now, log: recordingLog() }
  const server = await listen({ fetch: () => new Response(), upgrade }, here, runtime)
  const headers = 'Host: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const client = dial(server.port, `GET /callback/ws HTTP/1.1\r\n${headers}`)
  await asked
  await server.close()
  await client.closed
})
