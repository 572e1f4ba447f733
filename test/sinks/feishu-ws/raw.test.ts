import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../../src/hosts/node-crypto.ts'
import { createTickets } from '../../../src/sinks/feishu-ws/tickets.ts'
import { callbackOf, post } from '../../serve.ts'
import { APP, HUGE, openGateway, postPlain, routesOf, SECRET, withoutKey } from './gateway.ts'
import { ask, connect, connectTo, eventOf, refusalOf } from './raw-client.ts'

/** One failed attempt is followed by another at once. */
const QUICK = 'retry: { attempts: 9, initial: 50ms, factor: 1, jitter: 0, quick: 0 }'

describe('an event', () => {
  test('arrives as the callback was sent, with all that the SDKs need beside it', async () => {
    await using gateway = await openGateway(routesOf('verification_token: the-consumers-own'))
    using client = await connect(gateway.url)
    const callback = callbackOf()
    await post(gateway.url, callback)
    const frame = await client.frame(0)
    expect(frame).toMatchObject({ service: 1, method: 1 })
    expect(Object.fromEntries(frame.headers)).toEqual({
      type: 'event',
      message_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      sum: '1',
      seq: '0',
      trace_id: expect.stringMatching(/./),
      timestamp: expect.stringMatching(/^\d{13}$/),
    })
    const text = new TextDecoder().decode(frame.payload)
    expect(text).toBe(JSON.stringify({ ...callback, token: 'the-consumers-own' }))
    client.acknowledge(frame, 200)
    await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
    expect(gateway.logged('failed')).toEqual([])
  })

  test('waits while nobody is connected, and comes to whoever connects', async () => {
    await using gateway = await openGateway()
    const callback = callbackOf()
    await post(gateway.url, callback)
    expect(await gateway.owed()).toEqual({ pending: 1, dead: 0 })
    using client = await connect(gateway.url)
    expect(eventOf(await client.frame(0))).toBe(callback.uuid)
  })

  test('over 1 MiB comes in parts that every client takes', async () => {
    await using gateway = await openGateway(withoutKey(routesOf()))
    using client = await connect(gateway.url)
    const callback = callbackOf({ from: HUGE })
    await postPlain(gateway.url, callback)
    const parts = [await client.frame(0), await client.frame(1)]
    const headers = parts.map((part) => Object.fromEntries(part.headers))
    expect(headers).toMatchObject([
      { sum: '2', seq: '0' },
      { sum: '2', seq: '1', message_id: headers[0]?.message_id },
    ])
    expect(Math.max(...client.sizes)).toBeLessThanOrEqual(1024 * 1024)
    expect(eventOf(...parts)).toBe(callback.uuid)
    client.acknowledge(await client.frame(1), 200)
    await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
  })
})

test.each([
  ['large', 16, HUGE],
  ['many', 200, 'x'.repeat(50_000)],
])('a backlog of %s events goes to one client that reads', async (_, count, from) => {
  await using gateway = await openGateway(withoutKey(routesOf('concurrency: 1000')))
  for (let n = 0; n < count; n++) await postPlain(gateway.url, callbackOf({ from }))
  using client = await connect(gateway.url)
  client.acknowledgeAll()
  await expect.poll(gateway.owed, { timeout: 10_000 }).toEqual({ pending: 0, dead: 0 })
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  expect([...gateway.logged('given back'), ...gateway.logged('failed')]).toEqual([])
})

describe('an acknowledgement', () => {
  test.each([500, 403])(
    'of %i is a failed attempt, and the next has another message id',
    async (code) => {
      await using gateway = await openGateway(routesOf(QUICK))
      using client = await connect(gateway.url)
      await post(gateway.url, callbackOf())
      const first = await client.frame(0)
      client.acknowledge(first, code)
      const second = await client.frame(1)
      expect(second.headers.get('message_id')).not.toBe(first.headers.get('message_id'))
      expect(eventOf(second)).toBe(eventOf(first))
      client.acknowledge(second, 200)
      await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
      expect(gateway.logged('delivery failed')).toEqual([
        expect.stringContaining(`"attempt":1,"error":"acknowledged with code ${code}"`),
      ])
    },
  )

  test.each(['', 'ok', '[]', '{"code":"200"}'])('of %j is none', async (payload) => {
    await using gateway = await openGateway(routesOf(QUICK))
    using client = await connect(gateway.url)
    await post(gateway.url, callbackOf())
    const frame = await client.frame(0)
    client.send({ ...frame, payload: new TextEncoder().encode(payload) })
    await client.frame(1)
    expect(gateway.logged('delivery failed')).toEqual([
      expect.stringContaining('its acknowledgement has no code'),
    ])
  })

  test('that does not come is a failed attempt, and one that comes late is nothing', async () => {
    await using gateway = await openGateway(routesOf(`timeout: 300ms, ${QUICK}`))
    using client = await connect(gateway.url)
    await post(gateway.url, callbackOf())
    const late = await client.frame(0)
    const second = await client.frame(1)
    client.acknowledge(late, 200)
    client.acknowledge(second, 500)
    const third = await client.frame(2)
    expect(gateway.logged('delivery failed')).toEqual([
      expect.stringContaining('"attempt":1,"error":"no answer within 300 ms"'),
      expect.stringContaining('"attempt":2,"error":"acknowledged with code 500"'),
    ])
    client.acknowledge(third, 200)
    await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
  })

  test('is waited for as long as Feishu waits, whatever the timeout', async () => {
    await using gateway = await openGateway(routesOf(QUICK))
    using client = await connect(gateway.url)
    await post(gateway.url, callbackOf())
    await client.frame(1)
    expect(gateway.logged('delivery failed')).toEqual([
      expect.stringContaining('"error":"not acknowledged within 3000 ms"'),
    ])
  })
})

describe('a client that goes with an event in hand', () => {
  test('gives it back: no attempt is spent, and the next client has it', async () => {
    await using gateway = await openGateway(routesOf('retry: { attempts: 1, quick: 0 }'))
    const callback = callbackOf()
    await post(gateway.url, callback)
    for (const round of [1, 2, 3]) {
      using client = await connect(gateway.url)
      await client.frame(0)
      client.socket.terminate()
      await expect.poll(() => gateway.logged('given back')).toHaveLength(round)
    }
    expect(await gateway.owed()).toEqual({ pending: 1, dead: 0 })
    using last = await connect(gateway.url)
    const frame = await last.frame(0)
    expect(eventOf(frame)).toBe(callback.uuid)
    last.acknowledge(frame, 500)
    await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 1 })
    expect(gateway.logged('dead letter')).toEqual([
      expect.stringContaining('"attempt":1,"error":"acknowledged with code 500"'),
    ])
  })

  test('leaves it to another that is connected', async () => {
    await using gateway = await openGateway()
    using dying = await connect(gateway.url)
    await post(gateway.url, callbackOf())
    const frame = await dying.frame(0)
    using other = await connect(gateway.url)
    dying.socket.terminate()
    expect(eventOf(await other.frame(0))).toBe(eventOf(frame))
  })
})

test('clients share the load: each event goes to one of those that have the least to do', async () => {
  await using gateway = await openGateway()
  using one = await connect(gateway.url)
  using two = await connect(gateway.url)
  for (const client of [one, two]) client.ping()
  for (const client of [one, two]) await client.frame(0)
  const ids = Array.from({ length: 10 }, () => callbackOf())
  for (const callback of ids) await post(gateway.url, callback)
  await expect.poll(() => [one.frames.length, two.frames.length]).toEqual([6, 6])
  const events = [...one.frames.slice(1), ...two.frames.slice(1)].map((frame) => eventOf(frame))
  expect(new Set(events)).toEqual(new Set(ids.map(({ uuid }) => uuid)))
  for (const client of [one, two]) client.acknowledgeAll()
  await expect.poll(gateway.owed).toEqual({ pending: 0, dead: 0 })
})

describe('a client that asks for a connection', () => {
  test('is told where it is, and how to behave', async () => {
    await using gateway = await openGateway()
    const { status, code, data } = await ask(gateway.url)
    expect({ status, code }).toEqual({ status: 200, code: 0 })
    expect(data.ClientConfig).toEqual({
      ReconnectCount: -1,
      ReconnectInterval: 5,
      ReconnectNonce: 3,
      PingInterval: 30,
    })
    const address = new URL(data.URL)
    expect(`${address.origin}${address.pathname}`).toBe(
      `${gateway.url.replace('http', 'ws')}/callback/ws`,
    )
    const [first] = address.searchParams.keys()
    expect(['device_id', 'service_id', 'ticket']).not.toContain(first)
    expect(address.searchParams.get('device_id')).toMatch(/./)
    expect(address.searchParams.get('service_id')).toMatch(/^\d+$/)
  })

  test('is given PUBLIC_URL, with its path', async () => {
    const variables = { PUBLIC_URL: 'https://events.example.com/lark/' }
    await using gateway = await openGateway(routesOf(), variables)
    const { data } = await ask(gateway.url)
    expect(data.URL).toMatch(/^wss:\/\/events\.example\.com\/lark\/callback\/ws\?/)
  })

  test('is refused alike for a wrong secret and for an unknown app, so that it stops', async () => {
    await using gateway = await openGateway()
    const wrong = await ask(gateway.url, APP, 'guessed')
    expect(wrong).toMatchObject({ status: 200, code: 514, data: {} })
    expect(await ask(gateway.url, 'cli_00000000000000bb')).toEqual(wrong)
    expect(await ask(gateway.url, 'nobody', '')).toEqual(wrong)
  })

  test('is told to try later after ten wrong secrets, another app is not', async () => {
    const other =
      '  other: { type: feishu-ws, app_id: cli_00000000000000ab, app_secret: b }\nroutes:'
    await using gateway = await openGateway(routesOf().replace('routes:', other))
    for (let count = 0; count < 10; count++) await ask(gateway.url, APP, 'guessed')
    expect(await ask(gateway.url)).toMatchObject({ status: 200, code: 1000040343, data: {} })
    expect((await ask(gateway.url, 'cli_00000000000000ab', 'b')).code).toBe(0)
    expect(gateway.logged('too many wrong app secrets')).toHaveLength(1)
  })

  test('is refused where fifty are connected', async () => {
    await using gateway = await openGateway()
    const { data } = await ask(gateway.url)
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect(gateway.url)))
    expect(await ask(gateway.url)).toMatchObject({ status: 200, code: 1000040350, data: {} })
    expect(await refusalOf(data.URL)).toEqual({ status: 401, handshake: '514' })
    clients[0]?.socket.terminate()
    await expect.poll(async () => (await ask(gateway.url)).code).toBe(0)
    for (const client of clients) client.socket.terminate()
  })

  test.each(['', 'no JSON', '[]', 'null'])('with the body %j is answered 400', async (body) => {
    await using gateway = await openGateway()
    const endpoint = `${gateway.url}/callback/ws/endpoint`
    const answer = await fetch(endpoint, { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  test('with any content type, and none of another size or method', async () => {
    await using gateway = await openGateway()
    const endpoint = `${gateway.url}/callback/ws/endpoint`
    const body = JSON.stringify({ AppID: APP, AppSecret: SECRET })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const init = { method: 'POST', body, headers: { 'Content-Type': type } }
      expect(Object(await (await fetch(endpoint, init)).json()).code).toBe(0)
    }
    const large = await fetch(endpoint, { method: 'POST', body: 'x'.repeat(16 * 1024 + 1) })
    expect(large.status).toBe(413)
    expect((await fetch(endpoint)).status).toBe(405)
  })
})

describe('a ticket', () => {
  const addressWith = (gateway: { url: string }, ticket: string) =>
    `${gateway.url.replace('http', 'ws')}/callback/ws?service_id=1&ticket=${ticket}`
  const ticketOf = (secret: string, at: number) =>
    createTickets(APP, secret, { crypto: nodeCrypto, now: () => at }).then((one) => one.issue())
  const refused = { status: 401, handshake: '514' }

  test('holds for a minute', async () => {
    await using gateway = await openGateway()
    const fresh = await ticketOf(SECRET, Date.now() - 50_000)
    using client = await connectTo(addressWith(gateway, fresh))
    client.ping()
    await client.frame(0)
    const old = await ticketOf(SECRET, Date.now() - 61_000)
    expect(await refusalOf(addressWith(gateway, old))).toEqual(refused)
  })

  test('that is forged is refused', async () => {
    await using gateway = await openGateway()
    const good = await ticketOf(SECRET, Date.now())
    const [app, expiresAt, ...rest] = good.split('.')
    const forged = [
      '',
      'x',
      await ticketOf('another secret', Date.now()),
      [app, Number(expiresAt) + 1, ...rest].join('.'),
      `${good}0`,
      good.slice(0, -1),
    ]
    for (const ticket of forged) {
      expect(await refusalOf(addressWith(gateway, ticket))).toEqual(refused)
    }
  })

  test('of one replica is good at another', async () => {
    await using one = await openGateway()
    await using two = await openGateway()
    const { data } = await ask(one.url)
    using client = await connectTo(
      data.URL.replace(new URL(data.URL).origin, two.url.replace('http', 'ws')),
    )
    client.ping()
    await client.frame(0)
  })
})

describe('a connection', () => {
  test('has its pings answered, each with how to behave', async () => {
    await using gateway = await openGateway()
    using client = await connect(gateway.url)
    for (const n of [0, 1]) {
      client.ping()
      const { method, headers, payload } = await client.frame(n)
      expect({ method, type: headers.get('type') }).toEqual({ method: 0, type: 'pong' })
      const { data } = await ask(gateway.url)
      expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(data.ClientConfig)
    }
  })

  test('is closed for what is no frame, and for a message that is too large', async () => {
    await using gateway = await openGateway()
    using garbled = await connect(gateway.url)
    garbled.socket.send(new Uint8Array([1, 2, 3]))
    expect(await garbled.closed).toBe(1002)
    using large = await connect(gateway.url)
    large.socket.send(new Uint8Array(4 * 1024 * 1024 + 1))
    expect(await large.closed).toBe(1009)
    expect(gateway.logged('a consumer has sent what cannot be taken')).toHaveLength(1)
    expect(gateway.logged('nobody caught')).toEqual([])
  })

  test('is not troubled by text, nor by frames of other kinds', async () => {
    await using gateway = await openGateway()
    using client = await connect(gateway.url)
    client.socket.send('hello')
    client.send({ ...(await pingOf(client)), headers: new Map([['type', 'card']]), method: 1 })
    client.send({ ...(await pingOf(client)), headers: new Map(), method: 7 })
    client.ping()
    await client.frame(2)
  })

  async function pingOf(client: Awaited<ReturnType<typeof connect>>) {
    const before = client.frames.length
    client.ping()
    return client.frame(before)
  }

  test('lives through a reload that leaves its sink as it was', async () => {
    await using gateway = await openGateway()
    using client = await connect(gateway.url)
    await gateway.reload(`${routesOf()}  - { name: more, match: { operate: READ }, to: [app] }\n`)
    expect(gateway.logged('reloaded')).toHaveLength(1)
    await post(gateway.url, callbackOf())
    expect((await client.frame(0)).method).toBe(1)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })

  test('ends where its sink has other options by then, or is no more', async () => {
    await using gateway = await openGateway()
    using client = await connect(gateway.url)
    await gateway.reload(routesOf('', 'another-secret'))
    await client.closed
    expect((await ask(gateway.url)).code).toBe(514)
    using other = await connect(gateway.url, APP, 'another-secret')
    await gateway.reload(
      routesOf()
        .replace('feishu-ws', 'log')
        .replace(/, app_id.*\}/, ' }'),
    )
    await other.closed
  })
})
