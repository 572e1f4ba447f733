import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type PostgresServer } from '../postgres.ts'
import { callbackOf, type Folder, openFolder, type Served, sealed, serve } from '../serve.ts'
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import {
  type Consumer,
  createRandom,
  createSender,
  eventually,
  full,
  fullTest,
  metric,
  openConsumer,
  refuse,
  routesTo,
  type Sender,
  seed,
  settle,
  TIRELESS,
  take,
} from './harness.ts'

/** Feishu waits for 3 s, and is answered in 2.5 s: a machine that does ten things at once may take longer over both. */
const IN_TIME_MS = 8000

/** `npm test` has one of them; `npm run test:postgres` has all, and the full form. */
const trial = test.skipIf(process.env.POSTGRES === undefined && !full)

let server: PostgresServer
beforeAll(async () => {
  server = await openPostgres({ durable: true })
}, 60_000)
afterAll(() => server?.[Symbol.asyncDispose]())

interface Scene extends AsyncDisposable {
  readonly gateway: Served
  readonly sender: Sender
  readonly consumer: Consumer
  /** Between the gateway and the database. */
  readonly proxy: TcpProxy
  /** Answers what the consumer has been sent so far, and from now on at once. */
  answer(): void
}

const EVENTS = 5

/** Some events have been accepted, and are in flight at a consumer that has not answered yet. */
async function openScene(): Promise<Scene> {
  await using cleanup = new AsyncDisposableStack()
  const consumer = cleanup.use(await openConsumer())
  const held: (() => void)[] = []
  consumer.behave(() => (response, request) => held.push(() => take(response, request)))
  const proxy = cleanup.use(await openTcpProxy(server.port))
  const database = cleanup.use(await server.createDatabase())
  const sink = { type: 'webhook', url: consumer.url, ...TIRELESS }
  const folder = cleanup.use(await openFolder({ 'routes.yaml': routesTo({ consumer: sink }) }))
  const url = database.url.replace(`:${server.port}/`, `:${proxy.port}/`)
  const gateway = cleanup.use(await serve(folder, { DATABASE_URL: url }))
  const sender = createSender()
  for (let sent = 0; sent < EVENTS; sent++) {
    expect(await sender.send(gateway.url)).toBe('200 accepted')
  }
  await eventually(() => consumer.requests.length, EVENTS)
  const kept = cleanup.move()
  const answer = () => {
    consumer.behave(() => take)
    for (const give of held) give()
  }
  const dispose = () => kept.disposeAsync()
  return { gateway, sender, consumer, proxy, answer, [Symbol.asyncDispose]: dispose }
}

async function expectRefusal({ gateway }: Scene): Promise<void> {
  const begun = performance.now()
  const { status, headers } = await fetch(`${gateway.url}/webhook/event`, {
    method: 'POST',
    ...(await sealed(callbackOf())),
  })
  expect(performance.now() - begun).toBeLessThan(IN_TIME_MS)
  expect([status, headers.get('retry-after')]).toEqual([503, '15'])
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
}

/** All is delivered, once, and the store knows. */
async function expectRecovery(fault: string, { gateway, sender, consumer }: Scene): Promise<void> {
  await eventually(() => sender.send(gateway.url), '200 accepted')
  // It looks once a second.
  await eventually(async () => (await fetch(`${gateway.url}/readyz`)).status, 200)
  const { duplicates } = await settle(fault, sender, [consumer])
  const backlog = () => metric(gateway.url, 'lark_fanout_backlog{sink="consumer"}')
  await eventually(backlog, 0, 60_000)
  expect(duplicates).toBe(0)
}

describe.concurrent('no way to the database: 503 in time, and what is in flight is settled after it', () => {
  trial('connections are reset', async () => {
    await using scene = await openScene()
    scene.proxy.refuse()
    await expectRefusal(scene)
    scene.answer()
    await scene.gateway.logged('cannot store how deliveries end')
    scene.proxy.pass()
    await expectRecovery('Postgres: connections reset', scene)
  })

  fullTest('a failover: what was connected hears nothing more', async () => {
    await using scene = await openScene()
    scene.proxy.failOver()
    await expectRefusal(scene)
    scene.answer()
    await expectRecovery('Postgres: a failover', scene)
  })

  trial('a black hole', async () => {
    await using scene = await openScene()
    scene.proxy.freeze()
    await expectRefusal(scene)
    scene.answer()
    await eventually(() => scene.consumer.taken.size, EVENTS)
    scene.proxy.pass()
    await expectRecovery('Postgres: a black hole', scene)
  })
})

test('the database crashes: 503, and what is in flight is settled when it is back', async () => {
  await using scene = await openScene()
  await server.stop('immediate')
  await expectRefusal(scene)
  scene.answer()
  await scene.gateway.logged('cannot store how deliveries end')
  await server.start()
  await expectRecovery('Postgres: a crash', scene)
})

trial('the database ends all connections: what is in flight is settled over new ones', async () => {
  await using scene = await openScene()
  expect(await server.terminateBackends()).toBeGreaterThan(0)
  scene.answer()
  await expectRecovery('Postgres: connections ended', scene)
})

const FAULTS = 24
const title = `three gateways on one Postgres, ${FAULTS} kills, crashes and lost connections (SEED=${seed})`

fullTest(
  `${title}: nothing acknowledged is lost, and order is kept`,
  async () => {
    const random = createRandom()
    await using cleanup = new AsyncDisposableStack()
    const [healthy, flaky, ordered] = [
      cleanup.use(await openConsumer()),
      cleanup.use(await openConsumer()),
      cleanup.use(await openConsumer()),
    ]
    flaky.behave(() => (random() < 0.5 ? refuse : take))
    ordered.behave(() => (random() < 0.2 ? refuse : take))
    const sink = ({ url }: Consumer) => ({ type: 'webhook', url, timeout: '300ms', ...TIRELESS })
    const sinks = {
      healthy: sink(healthy),
      flaky: sink(flaky),
      ordered: { ...sink(ordered), order_by: 'instance_code' },
    }
    const database = cleanup.use(await server.createDatabase())
    const folder = cleanup.use(await openFolder({ 'routes.yaml': routesTo(sinks) }))
    const fleet = cleanup.use(await openFleet(folder, database.url, random))
    const sender = createSender()
    const load = sender.load(fleet.anyUrl)
    const faults = [
      fleet.kill,
      fleet.kill,
      fleet.replace,
      () => server.restart('immediate'),
      () => server.terminateBackends(),
    ]
    for (let fault = 0; fault < FAULTS; fault++) {
      const enough = sender.count + Math.floor(random() * 100)
      await eventually(() => sender.count > enough, true, 60_000)
      await faults[fault % faults.length]?.()
    }
    await load.stop()
    flaky.behave(() => take)
    ordered.behave(() => take)
    await settle(title, sender, [healthy, flaky, ordered], 120_000)
    for (const ids of sender.acknowledged.values()) {
      expect([...ordered.taken.keys()].filter((id) => ids.includes(id))).toEqual(ids)
    }
    for (const name of Object.keys(sinks)) {
      const backlog = () => metric(fleet.anyUrl(), `lark_fanout_backlog{sink="${name}"}`)
      await eventually(backlog, 0, 60_000)
    }
  },
  400_000,
)

interface Fleet extends AsyncDisposable {
  /** As a load balancer would choose it. */
  anyUrl(): string
  /** kill -9 of one; another takes its place. */
  kill(): Promise<void>
  /** As in a rolling upgrade. */
  replace(): Promise<void>
}

async function openFleet(folder: Folder, url: string, random: () => number): Promise<Fleet> {
  const start = () => serve(folder, { DATABASE_URL: url })
  const gateways = [await start(), await start(), await start()]
  const place = () => Math.floor(random() * gateways.length)

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const [ended] = gateways.splice(place(), 1)
    ended?.signal(signal)
    expect(await ended?.ended).toBe(signal === 'SIGTERM' ? 0 : signal)
    gateways.push(await start())
  }
  return {
    anyUrl: () => gateways[place()]?.url ?? '',
    kill: () => end('SIGKILL'),
    replace: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
    },
  }
}
