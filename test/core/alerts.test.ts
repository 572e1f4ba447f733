import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownEvent } from '../../src/core/alerts/event.ts'
import type { AlertMemory } from '../../src/core/alerts/memory.ts'
import { DeliveryError } from '../../src/core/errors.ts'
import { createFeed } from '../../src/core/feed.ts'
import type { Happening } from '../../src/core/happening.ts'
import { OWN_EVENTS } from '../../src/core/own-events.ts'
import type { AlertSettings, Plan } from '../../src/core/plan.ts'
import type { Store } from '../../src/core/store.ts'
import { createGateway } from '../../src/gateway.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { memoryLanes } from './lane/memory-lanes.ts'
import { live, planOf, START } from './lanes.ts'

const MINUTE = 60_000
const EVERY = 5 * MINUTE

interface Own {
  readonly store?: Store
  readonly alerts?: Partial<AlertSettings> | null
  readonly publicUrl?: string
  readonly memory?: AlertMemory
  /** Sinks that take nothing. */
  readonly failing?: readonly string[]
}

type Told = Readonly<Record<string, unknown>>

/** A gateway with a sink for alerts, and a clock that the test moves. What it hears, the test tells it. */
function openAlerts(own: Own = {}) {
  const { store = openMemoryStore(), alerts = {}, publicUrl, memory, failing = [] } = own
  const clock = { now: START }
  const log = recordingLog()
  const wakes: number[] = []
  const told: Told[] = []
  const keep = (sink: string) =>
    live(sink, {
      async deliver({ id, type, data }) {
        if (failing.includes(sink)) throw new DeliveryError('no', { permanent: true })
        told.push({ by: sink, id, type, ...data })
      },
    })
  const planWith = (some: Partial<AlertSettings> | null): Plan => ({
    ...planOf(keep('finance'), keep('hr'), keep('ops'), keep('chat')),
    route: () => ['finance'],
    alerts: some && { to: ['ops'], events: OWN_EVENTS, everyMs: EVERY, ...some },
  })
  const runtime = { ...createNodeRuntime({ folder: '.', log }), now: () => clock.now }
  const feed = createFeed()
  const gateway = createGateway({
    plan: planWith(alerts),
    store,
    runtime,
    feed,
    publicUrl,
    alertMemory: memory,
    wakeAt: (time) => void wakes.push(time),
  })
  return {
    clock,
    log,
    wakes,
    gateway,
    store,
    tell: feed.tell,
    follow: (some: Partial<AlertSettings> | null) => gateway.follow(planWith(some)),
    /** Lets that much time pass, and gives what the sinks were told since they were last asked. */
    async after(ms = 0): Promise<readonly Told[]> {
      clock.now += ms
      gateway.wake()
      await gateway.drain()
      return told.splice(0)
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  }
}

let ids = 0

function dead(sink: string, eventId = `e${++ids}`, type = 'approval_cc'): Happening {
  const delivery = { type, eventId, deliveryId: `d${++ids}`, attempt: 3, status: 500 }
  const attempt = { at: START, durationMs: 5, error: 'HTTP 500' }
  return { kind: 'attempted', sink, result: 'dead', ...delivery, ...attempt }
}

function breaker(sink: string, state: 'open' | 'closed', until: number | null = null): Happening {
  return { kind: 'breaker', at: START, sink, state, until }
}

function rejected(problems: string, at = START): Happening {
  return { kind: 'reloaded', at, result: 'rejected', problems }
}

function quarantined(source: string, type: string, eventId = `e${++ids}`): Happening {
  const problems = ['event.operate: must be one of CREATE, READ', 'event.from: is required']
  const what = { source, type, eventId, durationMs: 1, problems }
  return { kind: 'received', at: START, result: 'quarantined', ...what }
}

test('the first goes at once; those that follow are gathered, and told together at the end', async () => {
  await using gateway = openAlerts()
  gateway.tell(dead('finance', 'e-first'))
  expect(await gateway.after()).toMatchObject([
    {
      by: 'ops',
      type: 'lark-fanout.delivery.dead',
      sink: 'finance',
      count: 1,
      event_ids: ['e-first'],
    },
  ])
  for (let count = 0; count < 7; count++) gateway.tell(dead('finance', `e-${count}`))
  expect(await gateway.after(EVERY - 1)).toEqual([])
  expect(gateway.wakes).toContain(START + EVERY)
  expect(await gateway.after(1)).toMatchObject([
    { count: 7, event_ids: ['e-0', 'e-1', 'e-2', 'e-3', 'e-4'], error: 'HTTP 500' },
  ])
  expect(await gateway.after(EVERY)).toEqual([])
  gateway.tell(dead('finance'))
  expect(await gateway.after()).toMatchObject([{ count: 1 }])
})

test('a storm of 100,000 dead letters is two alerts, and holds next to nothing', async () => {
  await using gateway = openAlerts()
  for (let count = 0; count < 100_000; count++) gateway.tell(dead('finance'))
  const alerts = [...(await gateway.after()), ...(await gateway.after(EVERY))]
  expect(alerts.map(({ count }) => count)).toEqual([1, 99_999])
  expect(JSON.stringify(alerts).length).toBeLessThan(2000)
})

test('each kind, sink, source and event type is gathered by itself', async () => {
  await using gateway = openAlerts()
  const happenings = [
    dead('finance'),
    dead('hr'),
    breaker('finance', 'open', START + 1000),
    quarantined('feishu', 'approval_cc'),
    quarantined('feishu', 'approval_instance'),
    quarantined('other', 'approval_cc'),
    rejected('routes.yaml:1:1  is empty'),
  ]
  for (const happening of happenings) gateway.tell(happening)
  const alerts = await gateway.after()
  expect(
    alerts.map(({ type, sink, source, event_type }) => [type, sink ?? source, event_type]),
  ).toEqual([
    ['lark-fanout.delivery.dead', 'finance', undefined],
    ['lark-fanout.delivery.dead', 'hr', undefined],
    ['lark-fanout.breaker.opened', 'finance', undefined],
    ['lark-fanout.event.quarantined', 'feishu', 'approval_cc'],
    ['lark-fanout.event.quarantined', 'feishu', 'approval_instance'],
    ['lark-fanout.event.quarantined', 'other', 'approval_cc'],
    ['lark-fanout.config.rejected', undefined, undefined],
  ])
  for (const happening of happenings) gateway.tell(happening)
  expect(await gateway.after()).toEqual([])
})

test('more things than there is room for are left out, and the log says so', async () => {
  await using gateway = openAlerts()
  for (let type = 0; type < 1100; type++) gateway.tell(quarantined('feishu', `type_${type}`))
  expect(await gateway.after()).toHaveLength(1000)
  expect(gateway.log.lines.join('\n')).toContain('some alerts are left out')
})

test('all else that happens is no news', async () => {
  await using gateway = openAlerts()
  const failed = { ...dead('finance'), result: 'failed' } as const
  gateway.tell(failed as Happening)
  gateway.tell({ kind: 'gone', at: START, sink: 'finance' })
  gateway.tell({ kind: 'reloaded', at: START, result: 'applied', problems: '' })
  gateway.tell(breaker('finance', 'closed'))
  gateway.tell({ ...quarantined('feishu', 'approval_cc'), result: 'accepted' } as Happening)
  expect(await gateway.after()).toEqual([])
})

test('never about a sink that alerts go to, nor about alerts: two that fail crosswise tell nothing', async () => {
  await using gateway = openAlerts({ alerts: { to: ['ops', 'chat'] } })
  for (const sink of ['ops', 'chat']) {
    gateway.tell(dead(sink))
    gateway.tell(breaker(sink, 'open', START + 1))
  }
  // One that was owed to a sink before `alerts` changed.
  gateway.tell(dead('finance', 'alert-1', 'lark-fanout.delivery.dead'))
  expect(await gateway.after()).toEqual([])
  expect(await gateway.after(EVERY)).toEqual([])
})

test('alerts that cannot be delivered are dead letters themselves, and that is all', async () => {
  const failing = ['finance', 'ops', 'chat']
  await using gateway = openAlerts({ alerts: { to: ['ops', 'chat'] }, failing })
  const { store } = gateway
  const owed = [{ sink: 'finance', orderKey: null, claimMs: 0 }]
  await store.accept([{ event: sampleEvent(), problems: [], owed }], START)
  await gateway.after()
  await gateway.after(EVERY)
  const backlog = await store.backlog()
  expect(backlog.map(({ sink, dead, pending }) => [sink, dead, pending]).sort()).toEqual([
    ['chat', 1, 0],
    ['finance', 1, 0],
    ['ops', 1, 0],
  ])
})

test('each sink that is named gets it, of the kinds that are asked for', async () => {
  const alerts = { to: ['ops', 'chat'], events: ['breaker.opened'] } as const
  await using gateway = openAlerts({ alerts })
  gateway.tell(dead('finance'))
  gateway.tell(breaker('finance', 'open', START + 1))
  const told = await gateway.after()
  expect(told.map(({ by, type }) => `${by} ${type}`).sort()).toEqual([
    'chat lark-fanout.breaker.opened',
    'ops lark-fanout.breaker.opened',
  ])
})

test('an outage is told once, with why, however often the breaker opens before it closes', async () => {
  await using gateway = openAlerts()
  gateway.tell({ ...dead('finance'), result: 'failed', error: 'ECONNREFUSED' } as Happening)
  gateway.tell(breaker('finance', 'open', START + 1000))
  expect(await gateway.after()).toMatchObject([{ count: 1, error: 'ECONNREFUSED' }])
  gateway.tell(breaker('finance', 'open', START + 31_000))
  expect(await gateway.after(EVERY)).toEqual([])
  gateway.tell(breaker('finance', 'closed'))
  gateway.tell(breaker('finance', 'open', START + 90_000))
  expect(await gateway.after()).toMatchObject([{ count: 1 }])
})

test('a file that is rejected again is news again', async () => {
  await using gateway = openAlerts()
  gateway.tell(rejected('1:1 is empty'))
  expect(await gateway.after()).toMatchObject([{ count: 1, error: '1:1 is empty' }])
  await gateway.after(EVERY)
  gateway.tell(rejected('1:1 is empty', START + EVERY))
  expect(await gateway.after()).toMatchObject([{ count: 1 }])
})

test('a file that is rejected once more within the time, for the same reason, is told with its end', async () => {
  await using gateway = openAlerts()
  const again = () => gateway.tell(rejected('1:1 is empty', gateway.clock.now))
  const told: unknown[] = []
  const after = async (ms: number) =>
    told.push(...(await gateway.after(ms)).map(({ count }) => count))
  again()
  await after(0)
  await after(MINUTE)
  again()
  again()
  await after(EVERY - MINUTE)
  expect(told).toEqual([1, 2])
  // Just before the end of its time, and just after it.
  await after(EVERY - 1)
  again()
  await after(1)
  again()
  await after(EVERY)
  expect(told).toEqual([1, 2, 1, 1])
})

test('and one while the first is being stored', async () => {
  const store = openMemoryStore()
  await using gateway = openAlerts({ store })
  gateway.tell(rejected('1:1 is empty'))
  gateway.tell(rejected('1:1 is empty'))
  const told = [...(await gateway.after()), ...(await gateway.after(EVERY))]
  expect(told.map(({ count }) => count)).toEqual([1, 1])
})

test('gateways over one store tell the same news once', async () => {
  const store = { ...openMemoryStore(), lanes: memoryLanes() }
  await using one = openAlerts({ store })
  await using other = openAlerts({ store })
  for (const [i, { tell }] of [one, other].entries()) {
    // Each has seen failures of its own, and each leaves the sink alone for as long from there.
    tell(breaker('finance', 'open', START + 30_000 + 60 * i))
    tell(rejected('1:1 is empty'))
  }
  const told = [...(await one.after()), ...(await other.after())]
  expect(told.map(({ type }) => type).sort()).toEqual([
    'lark-fanout.breaker.opened',
    'lark-fanout.config.rejected',
  ])
})

test('a breaker that opens a minute and more later is told, by whichever gateway', async () => {
  const store = { ...openMemoryStore(), lanes: memoryLanes() }
  await using one = openAlerts({ store })
  await using other = openAlerts({ store })
  one.tell(breaker('finance', 'open', START + 30_000))
  expect(await one.after()).toHaveLength(1)
  other.tell(breaker('finance', 'open', START + 129_000))
  expect(await other.after()).toHaveLength(1)
})

test('one that closes and opens again within the minute is told with its end', async () => {
  await using gateway = openAlerts({})
  gateway.tell(breaker('finance', 'open', START + 1000))
  expect(await gateway.after()).toHaveLength(1)
  gateway.tell(breaker('finance', 'closed'))
  gateway.tell(breaker('finance', 'open', START + 20_000))
  expect(await gateway.after()).toEqual([])
  expect(await gateway.after(EVERY)).toHaveLength(1)
})

test('what the store does not take is tried on, and nothing is forgotten meanwhile', async () => {
  const store = openMemoryStore()
  let isAway = true
  const accept: Store['accept'] = (...of) =>
    isAway ? Promise.reject(new Error('the database is away')) : store.accept(...of)
  await using gateway = openAlerts({ store: { ...store, accept } })
  gateway.tell(dead('finance', 'e-first'))
  expect(await gateway.after()).toEqual([])
  gateway.tell(dead('finance'))
  for (let tries = 0; tries < 10; tries++) expect(await gateway.after(MINUTE)).toEqual([])
  expect(gateway.log.lines.join('\n')).toContain('the database is away')
  isAway = false
  const [alert, ...others] = await gateway.after(MINUTE)
  expect(others).toEqual([])
  expect(alert).toMatchObject({ count: 2 })
  expect(alert?.event_ids).toContain('e-first')
})

test('one that was stored though the answer was lost is not told twice', async () => {
  const store = openMemoryStore()
  let isLost = true
  const accept: Store['accept'] = async (...of) => {
    const accepted = await store.accept(...of)
    if (isLost) throw new Error('the connection ended')
    return accepted
  }
  await using gateway = openAlerts({ store: { ...store, accept } })
  gateway.tell(dead('finance'))
  const first = await gateway.after()
  isLost = false
  expect([
    ...first,
    ...(await gateway.after(MINUTE)),
    ...(await gateway.after(EVERY)),
  ]).toHaveLength(1)
})

test('what is gathered is stored when the gateway closes', async () => {
  const gateway = openAlerts()
  gateway.tell(dead('finance'))
  await gateway.after()
  for (let count = 0; count < 3; count++) gateway.tell(dead('finance'))
  await gateway.gateway.close()
  const { items } = await gateway.store.events({
    order: 'newest first',
    limit: 10,
    source: 'lark-fanout',
  })
  expect(items.map(({ event }) => event.data.count)).toEqual([3, 1])
  expect(await gateway.store.backlog()).toMatchObject([{ sink: 'ops', pending: 1 }])
})

test('alerts that the store does not take at the end are said to be lost', async () => {
  const accept = async () => Promise.reject(new Error('the database is away'))
  const gateway = openAlerts({ store: { ...openMemoryStore(), accept } })
  gateway.tell(dead('finance'))
  await gateway.gateway.close()
  expect(gateway.log.lines.join('\n')).toContain('these alerts are lost')
})

test('a host that ends its process meanwhile has it remembered', async () => {
  let saved: unknown
  let save = (): unknown => undefined
  const changed = (how: () => unknown) => {
    save = how
  }
  const open = () => openAlerts({ memory: { saved, changed } })
  const first = open()
  first.tell(dead('finance'))
  first.tell(breaker('finance', 'open', START + 1000))
  expect(await first.after()).toHaveLength(2)
  first.tell(dead('finance', 'e-gathered'))
  saved = JSON.parse(JSON.stringify(save()))
  await using second = open()
  expect(second.wakes).toContain(START + EVERY)
  second.tell(breaker('finance', 'open', START + 2000))
  second.tell(dead('finance'))
  expect(await second.after()).toEqual([])
  const [alert, ...others] = await second.after(EVERY)
  expect(others).toEqual([])
  expect(alert).toMatchObject({ type: 'lark-fanout.delivery.dead', count: 2 })
  expect(alert?.event_ids).toContain('e-gathered')
  await first.gateway.close()
})

test.each([undefined, {}, 7, { version: 2, topics: 'of another form' }])(
  'what is remembered in another form is passed over: %j',
  async (saved) => {
    await using gateway = openAlerts({ memory: { saved, changed() {} } })
    gateway.tell(dead('finance'))
    expect(await gateway.after()).toHaveLength(1)
  },
)

test('a reload may bring alerts, change them and take them away', async () => {
  await using gateway = openAlerts({ alerts: null })
  gateway.tell(dead('finance'))
  expect(await gateway.after()).toEqual([])
  gateway.follow({})
  gateway.tell(dead('finance'))
  expect(await gateway.after()).toMatchObject([{ by: 'ops' }])
  gateway.tell(dead('finance'))
  gateway.follow({ to: ['chat'] })
  expect(await gateway.after(EVERY)).toMatchObject([{ by: 'chat', count: 1 }])
  gateway.tell(dead('finance'))
  gateway.follow({ to: ['finance'] })
  expect(await gateway.after(EVERY)).toEqual([])
  gateway.follow({})
  gateway.tell(dead('hr'))
  await gateway.after()
  gateway.tell(dead('hr'))
  gateway.follow(null)
  expect(await gateway.after(EVERY)).toEqual([])
})

test('an alert is an event like any other, in the words of a callback', async () => {
  await using gateway = openAlerts({ publicUrl: 'https://events.example.com' })
  gateway.tell(quarantined('feishu', 'approval_cc', 'e-1'))
  await gateway.after()
  const { items } = await gateway.store.events({ order: 'newest first', limit: 10 })
  const event = items[0]?.event
  expect(event).toMatchObject({ via: 'lark-fanout', appId: 'lark-fanout', tenantKey: '' })
  expect(event?.id).toMatch(/^alert-[0-9a-f]{32}$/)
  expect(JSON.parse(event?.raw ?? '')).toEqual({
    schema: '2.0',
    header: {
      event_id: event?.id,
      event_type: 'lark-fanout.event.quarantined',
      create_time: String(START),
      token: '',
      app_id: 'lark-fanout',
      tenant_key: '',
    },
    event: {
      message: 'feishu: 1 event of type approval_cc quarantined',
      source: 'feishu',
      event_type: 'approval_cc',
      count: 1,
      since: '2023-11-14T22:13:20.000Z',
      until: '2023-11-14T22:13:20.000Z',
      event_ids: ['e-1'],
      error: 'event.operate: must be one of CREATE, READ; event.from: is required',
      gateway: 'https://events.example.com',
    },
  })
})

test('what docs/operations.md shows is what is told', async () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, block = ''] = /```json\n(\{ "message"[^`]*)```/.exec(text) ?? []
  const shown = JSON.parse(block)
  const { sink, count, event_ids: eventIds, error, gateway: publicUrl } = shown
  const first = { event: 'delivery.dead', sink, at: Date.parse(shown.since), eventId: 'e' } as const
  const until = Date.parse(shown.until)
  const gathered = { first: { ...first, mark: '', error }, count, until, eventIds, error }
  const { data } = await ownEvent(gathered, { publicUrl, hasConsole: true }, nodeCrypto)
  expect(data).toEqual(shown)
})
