import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageOf, RefusedCallError } from '../../src/core/errors.ts'
import type { Accepted, ClaimedDelivery, Granted } from '../../src/core/outbox.ts'
import type { Store } from '../../src/core/store.ts'
import { postgresMigrations } from '../../src/stores/migrations/postgres.ts'
import { configOf, openConnections } from '../../src/stores/postgres/connection.ts'
import { openPostgresStore } from '../../src/stores/postgres.ts'
import { createRandom, eventually, seed } from '../faults/harness.ts'
import { recordingLog, silentLog } from '../log.ts'
import { sharedPostgres } from '../postgres.ts'
import { createMigrated } from './postgres-stores.ts'
import { acceptance, LEASE, settlement, T } from './samples.ts'

/** Two gateways' stores in one database, which is empty. */
interface Pair extends AsyncDisposable {
  readonly one: Store
  readonly other: Store
}

const openStore = (url: string, more: { beside?: boolean } = {}) =>
  openPostgresStore({ url, log: silentLog, ...more })

const database = await createMigrated(await sharedPostgres())
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(() => database.empty())

async function openPair(): Promise<Pair> {
  await using cleanup = new AsyncDisposableStack()
  const one = cleanup.adopt(await openStore(database.url), (store) => store.close())
  const other = cleanup.adopt(await openStore(database.url), (store) => store.close())
  const kept = cleanup.move()
  return { one, other, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const count = (length: number) => Array.from({ length }, (_, i) => i)

const claim = (store: Store, now = T, limit = 1000) =>
  store.claim({ sink: 'lake', now, leaseMs: LEASE, limit })

describe('two gateways on one database', () => {
  test('the same events accepted by both at once are stored once', async () => {
    await using pair = await openPair()
    const batch = count(60).map((n) => acceptance(`e${n}`, { owed: [{ orderKey: `${n % 7}` }] }))
    const single = (store: Store) =>
      Promise.all(batch.map(async (one) => (await store.accept([one], T))[0]))
    const [first, second, third] = await Promise.all([
      pair.one.accept(batch, T),
      pair.other.accept(batch.toReversed(), T),
      single(pair.one),
    ])
    const answers = batch.map((_, n) => [first[n], second.toReversed()[n], third[n]])
    const stored = answers.map((each) => each.filter((answer) => answer?.duplicate === false))
    expect(stored.map(({ length }) => length)).toEqual(batch.map(() => 1))
    expect(await pair.other.backlog()).toMatchObject([{ sink: 'lake', pending: 60 }])
  })

  test('what both claim at once is given to one of them', async () => {
    await using pair = await openPair()
    const ids = count(300).map((n) => `e${n}`)
    await pair.one.accept(
      ids.map((id) => acceptance(id)),
      T,
    )
    const all = async (store: Store) => {
      const given: string[] = []
      for (;;) {
        const claimed = await claim(store, T, 7)
        if (claimed.length === 0) return given
        given.push(...claimed.map(({ event }) => event.id))
      }
    }
    const given = await Promise.all([pair.one, pair.other, pair.one, pair.other].map(all))
    expect(given.flat().toSorted()).toEqual(ids.toSorted())
  })

  test('a late settle or release of what the other has claimed since changes nothing', async () => {
    await using pair = await openPair()
    await pair.one.accept([acceptance('e1', { owed: [{ orderKey: 'k' }] })], T)
    const [late] = await claim(pair.one)
    const [current] = await claim(pair.other, T + LEASE)
    if (!late || !current) throw new Error('it was due twice')
    await pair.one.settle([settlement(late)])
    await pair.one.release([{ ...late, dueAt: T }])
    const { items } = await pair.one.deliveries({ limit: 9 })
    expect(items).toMatchObject([{ state: 'pending', inFlight: true, dueAt: T + 2 * LEASE }])
    await pair.other.settle([settlement(current, { state: 'dead', reason: 'HTTP 400' })])
    await pair.one.settle([settlement(late)])
    expect((await pair.one.deliveries({ limit: 9 })).items).toMatchObject([{ state: 'dead' }])
    expect(await pair.one.backlog()).toMatchObject([{ pending: 0, dead: 1 }])
  })

  test('a settlement that can never be stored is refused alone; what a full disk fails is not refused', async () => {
    await using pair = await openPair()
    await pair.one.accept(
      ['e1', 'e2', 'e3'].map((id) => acceptance(id)),
      T,
    )
    const [faulty, sound, late] = await claim(pair.one)
    if (!faulty || !sound || !late) throw new Error('they were due')
    const answers = await Promise.allSettled([
      pair.one.settle([settlement(faulty, undefined, Number.NaN)]),
      pair.one.settle([settlement(sound)]),
    ])
    expect(answers).toMatchObject([{ reason: expect.any(RefusedCallError) }, { value: undefined }])
    // As where there is no room for another page, while rows are changed in place.
    await database.query(`
      CREATE FUNCTION lark_fanout.no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON lark_fanout.history
        FOR EACH ROW EXECUTE FUNCTION lark_fanout.no_room()`)
    const failure = await pair.one.settle([settlement(late)]).catch((error: unknown) => error)
    await database.query('DROP FUNCTION lark_fanout.no_room() CASCADE')
    expect(messageOf(failure)).toMatch('its disk is full: make room')
    expect(failure).not.toBeInstanceOf(RefusedCallError)
    await pair.one.settle([settlement(late)])
    expect(await pair.one.backlog()).toMatchObject([{ pending: 1 }])
  })

  test('batches of the same keys in opposite order: nobody is turned away, one of each key is in flight', async () => {
    await using pair = await openPair()
    const keys = count(200).map((n) => `${n}`)
    const batchOf = (name: string) =>
      keys.map((orderKey) =>
        acceptance(`${name}-${orderKey}`, { owed: [{ orderKey, claimMs: LEASE }] }),
      )
    const grantsOf = (accepted: readonly Accepted[]) => accepted.flatMap(({ granted }) => granted)
    const settled = (grants: readonly Granted[]) =>
      grants.map((one) => settlement({ ...one, attempt: 1 }))
    for (const round of count(4)) {
      const [first, second] = await Promise.all([
        pair.one.accept(batchOf(`${round} one`), T),
        pair.other.accept(batchOf(`${round} other`).toReversed(), T),
      ])
      const grants = [...grantsOf(first), ...grantsOf(second)]
      expect(grants).toHaveLength(keys.length)
      // As each of them ends, another comes.
      await Promise.all([
        pair.one.settle(settled(grants)),
        pair.other.accept(batchOf(`${round} last`).toReversed(), T),
      ])
      for (const store of [pair.other, pair.one]) {
        const next = await claim(store)
        expect(next).toHaveLength(keys.length)
        // As when its lease has run out in the middle: both have something to say of each.
        const batch = next.map((one) => settlement(one))
        await Promise.all([pair.one.settle(batch), pair.other.settle(batch.toReversed())])
      }
    }
    expect(await pair.one.backlog()).toEqual([])
  })

  test('what one leaves in the store the other hears of', async () => {
    await using pair = await openPair()
    const heard: string[] = []
    pair.other.watch?.((sink) => heard.push(sink))
    let sent = 0
    await eventually(async () => {
      await pair.one.accept([acceptance(`e${sent++}`, { owed: ['lake \u0000'] })], T)
      return heard.includes('lake \u0000')
    }, true)
  })

  test('gateways that start at once on an empty database make its schema once', async () => {
    await using fresh = await (await sharedPostgres()).createDatabase()
    const stores = await Promise.all(count(4).map(() => openStore(fresh.url)))
    for (const store of stores) await store.check()
    await Promise.all(stores.map((store) => store.close()))
    const versions = await fresh.query('SELECT version FROM lark_fanout.migrations')
    expect(versions).toHaveLength(postgresMigrations.length)
  })

  test('one that starts while another migrates waits for it, and says so', async () => {
    const log = recordingLog()
    const { transaction, close } = openConnections(configOf(database.url), 1)
    let opening: Promise<Store> | undefined
    await transaction(async (query) => {
      await query('SELECT pg_advisory_xact_lock(27751)')
      opening = openPostgresStore({ url: database.url, log })
      await expect.poll(() => log.lines.join()).toContain('waiting for it')
    })
    await (await opening)?.close()
    await close()
  })
})

const KEYS = ['a', 'b', 'c', null]

interface Held extends ClaimedDelivery {
  readonly orderKey: string | null
  readonly by: Store
}

/** Two lanes that may do anything at any time, both at once, and also late. */
function createRun({ one, other }: Pair, random: () => number) {
  const stores = [one, other]
  const keys = new Map<string, string | null>()
  const held: Held[] = []
  /** Of each key, deliveries in the order in which they were first given to anyone. */
  const given = new Map<string, string[]>()
  let now = T
  let made = 0
  function pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  function hold(delivery: ClaimedDelivery, by: Store): void {
    const orderKey = keys.get(delivery.event.id) ?? null
    const flying = held.filter(
      (each) => each.orderKey === orderKey && each.leaseUntil > now && each.id !== delivery.id,
    )
    if (orderKey !== null) {
      expect(flying.map(({ event }) => event.id)).toEqual([])
      const known = given.get(orderKey) ?? []
      if (!known.includes(delivery.id)) given.set(orderKey, [...known, delivery.id])
    }
    held.push({ ...delivery, orderKey, by })
  }
  const take = () => held.splice(Math.floor(random() * held.length), 1)
  const outcomes = [
    { state: 'delivered' as const },
    { state: 'dead' as const, reason: 'HTTP 400' },
    { state: 'pending' as const, dueAt: 0 },
  ]
  const steps = [
    async (store: Store) => {
      const batch = count(1 + Math.floor(random() * 3)).map(() => {
        const id = `e${made++}`
        keys.set(id, pick(KEYS))
        const claimMs = random() < 0.5 ? LEASE : 0
        return acceptance(id, { owed: [{ orderKey: keys.get(id) ?? null, claimMs }] })
      })
      const accepted = await store.accept(batch, now)
      for (const [i, { event }] of batch.entries()) {
        const born = { event, attempt: 1, cutShort: 0, ordered: true, leaseUntil: now + LEASE }
        for (const { id, claim } of accepted[i]?.granted ?? []) hold({ id, claim, ...born }, store)
      }
    },
    async (store: Store) => {
      const limit = 1 + Math.floor(random() * 4)
      for (const delivery of await claim(store, now, limit)) hold(delivery, store)
    },
    async () => {
      for (const each of take()) {
        const outcome = pick(outcomes)
        const due = outcome.state === 'pending' ? { ...outcome, dueAt: now + 1 } : outcome
        await each.by.settle([settlement(each, due, now)])
      }
    },
    async () => {
      for (const each of take()) await each.by.release([{ ...each, dueAt: now }])
    },
  ]
  const operators = [
    (store: Store) =>
      store.retry({ filter: { sink: 'lake' } }, { dryRun: false, now, limit: 1 + pick([1, 9]) }),
    (store: Store) => store.discard('lake', 'discarded', { now, limit: 1 + pick([1, 9]) }),
    async (store: Store) => {
      const { items } = await store.events({ order: 'newest first', limit: 5 })
      const owed = items.map(({ ref, event }) => {
        const orderKey = keys.get(event.id) ?? null
        return { ref, cleared: false, owed: [{ sink: 'lake', orderKey }] }
      })
      await store.owe(owed, { resend: random() < 0.5, dryRun: false, now })
    },
  ]
  return {
    given,
    async round(withOperators: boolean) {
      const doing: Promise<unknown>[] = count(6).map(() => pick(steps)(pick(stores)))
      if (withOperators) doing.push(pick(operators)(pick(stores)))
      await Promise.all(doing)
      now += random() < 0.15 ? LEASE : 1
    },
    /** Delivers what is left; what nobody is ever given stays. */
    async finish() {
      for (let idle = 0; idle < 2; now += LEASE) {
        const [first, second] = await Promise.all(stores.map((store) => claim(store, now, 5)))
        for (const delivery of [...(first ?? []), ...(second ?? [])]) hold(delivery, one)
        idle = held.length === 0 ? idle + 1 : 0
        const batch = held.splice(0).map((each) => settlement(each, undefined, now))
        await pick(stores).settle(batch)
      }
    },
  }
}

describe.each([
  { withOperators: false, promise: 'one in flight, in order, none stuck' },
  {
    withOperators: true,
    promise: 'one in flight, none stuck, also where operators retry, replay and discard',
  },
])(`order keys, whatever two gateways do at once (SEED=${seed})`, ({ withOperators, promise }) => {
  test(promise, async () => {
    const random = createRandom()
    for (let runs = 0; runs < 3; runs++) {
      await using pair = await openPair()
      const run = createRun(pair, random)
      for (let round = 0; round < 30; round++) await run.round(withOperators)
      await run.finish()
      expect(await database.query('SELECT * FROM lark_fanout.deliveries')).toEqual([])
      expect([...run.given.keys()].toSorted()).toEqual(['a', 'b', 'c'])
      // What is owed again goes back to its old place.
      for (const ids of withOperators ? [] : run.given.values()) {
        expect(ids).toEqual(ids.toSorted((a, b) => Number(a) - Number(b)))
      }
      for (const { pending, dead } of await pair.other.backlog()) {
        const { items } = await pair.other.deliveries({ state: 'dead', limit: 1000 })
        expect([pending, dead]).toEqual([0, items.length])
      }
      await database.empty()
    }
  })
})

describe('texts that Postgres cannot hold', () => {
  const odd = [
    'nul \u0000',
    'half \ud800',
    '\\u0000',
    '\\',
    'nul \\u0000',
    '\udfff\ud800',
    '审\u{1f600}',
  ]

  test('come back to the letter, and are not taken for each other', async () => {
    await using pair = await openPair()
    const batch = odd.map((text) =>
      acceptance(text, { data: { instance_code: text }, owed: [{ sink: text, orderKey: text }] }),
    )
    expect(await pair.one.accept(batch, T)).toEqual(
      odd.map(() => ({ duplicate: false, granted: [] })),
    )
    expect(await pair.other.accept(batch, T)).toMatchObject(odd.map(() => ({ duplicate: true })))
    for (const [i, text] of odd.entries()) {
      const query = { sink: text, now: T, leaseMs: LEASE, limit: 9 }
      const claimed = await pair.one.claim(query)
      expect(claimed).toMatchObject([{ event: batch[i]?.event }])
      const dead = claimed.map((one) => settlement(one, { state: 'dead', reason: text }))
      const answered = dead.map((one) => ({
        ...one,
        record: { ...one.record, error: text, response: text },
      }))
      await pair.one.settle(answered)
      expect(await pair.other.event({ id: text })).toMatchObject({
        event: batch[i]?.event,
        deliveries: [
          { sink: text, orderKey: text, reason: text, history: [{ error: text, response: text }] },
        ],
      })
      const found = await pair.other.events({ order: 'newest first', q: text, limit: 9 })
      expect(found.items.map(({ event }) => event.id)).toEqual([text])
    }
  })
})

describe('a schema of another version', () => {
  const known = postgresMigrations.length
  const newer = (version: number, tolerates: number) =>
    database.query(
      `INSERT INTO lark_fanout.migrations (version, tolerates) VALUES (${version}, ${tolerates})`,
    )
  const versions = () => database.query('SELECT version FROM lark_fanout.migrations')
  afterEach(async () => {
    await database.query(`DELETE FROM lark_fanout.migrations WHERE version > ${known}`)
  })

  test('that is newer and tolerates this one is served', async () => {
    await newer(known + 1, known)
    await using pair = await openPair()
    expect(await pair.one.accept([acceptance('e1')], T)).toMatchObject([{ duplicate: false }])
  })

  test.each([{}, { beside: true }])(
    'that does not is refused, and stays as it is: %o',
    async (how) => {
      await newer(known + 2, known + 1)
      await expect(openStore(database.url, how)).rejects.toThrow(
        `newer lark-fanout (schema ${known + 2}, this one knows ${known}): start that version`,
      )
      expect(await versions()).toHaveLength(known + 1)
    },
  )

  test('that is not there at all: whoever works beside a gateway is told to start one', async () => {
    const { url, query } = await sharedPostgres()
    await expect(openStore(url, { beside: true })).rejects.toThrow('start the gateway first')
    expect(await query(`SELECT to_regnamespace('lark_fanout') AS name`)).toEqual([{ name: null }])
  })
})
