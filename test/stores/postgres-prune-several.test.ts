import { expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { everyPage, named, pruneAll, spannedDatabase } from './postgres-spans.ts'
import { acceptance, LEASE, settlement, T } from './samples.ts'

const database = await spannedDatabase()

test('whatever two gateways do meanwhile, nothing is lost that is wanted, and the counts are right', async () => {
  const { store } = database
  const other = await database.open()
  const SINKS = ['hr', 'lake']
  const FOREVER = 1e12
  const RETENTION = { delivered: 400, dead: 1200 }
  /** By event and sink: what has become of it, and when. */
  const model = new Map<string, { state: 'pending' | 'delivered' | 'dead'; at: number }>()
  let now = T
  let accepted = 0
  let pruning = true
  const pick = (below: number) => Math.floor(Math.random() * below)

  /** Whoever empties its span has to keep it. */
  async function oweForLong(): Promise<void> {
    await store.accept([acceptance('patient', { owed: ['hr'] })], now)
    const held = await store.claim({ sink: 'hr', now, leaseMs: LEASE, limit: 1 })
    const later = { state: 'pending', dueAt: now + FOREVER } as const
    await store.settle(held.map((one) => settlement(one, later)))
    model.set('patient hr', { state: 'pending', at: now })
    accepted++
  }

  async function gateway(own: Store, name: string): Promise<void> {
    for (let round = 0; round < 40; round++) {
      now += 60
      const ids = named(`${name} ${round} `, 1 + pick(6))
      const owed = SINKS.map((sink) => ({ sink, orderKey: pick(3) ? null : `key ${pick(3)}` }))
      for (const id of ids)
        for (const sink of SINKS) model.set(`${id} ${sink}`, { state: 'pending', at: now })
      await own.accept(
        ids.map((id) => acceptance(id, { owed })),
        now,
      )
      accepted += ids.length
      for (const sink of SINKS) await deliver(own, sink)
      await (pick(2) === 0 ? retryOne(own) : oweOne(own))
    }
  }

  async function deliver(own: Store, sink: string): Promise<void> {
    const held = await own.claim({ sink, now, leaseMs: FOREVER, limit: 6 })
    const ends = held.map((one) => ({ one, end: endOf(pick(20)), at: now }))
    await own.settle(ends.map(({ one, end, at }) => settlement(one, end, at - 20)))
    for (const { one, end, at } of ends)
      model.set(`${one.event.id} ${sink}`, { state: end.state, at })
  }

  function endOf(luck: number) {
    if (luck === 0) return { state: 'dead', reason: 'HTTP 400' } as const
    if (luck === 1) return { state: 'pending', dueAt: now + pick(2000) } as const
    return { state: 'delivered' } as const
  }

  async function retryOne(own: Store): Promise<void> {
    const { items } = await own.deliveries({ state: 'dead', limit: 20 })
    const one = items[pick(items.length)]
    if (!one) return
    await owedAgain(`${one.eventId} ${one.sink}`, () =>
      own.retry({ ids: [one.id] }, { now, dryRun: false, limit: 1 }),
    )
  }

  /** Some event, from the oldest on: often one whose span is being emptied. */
  async function oweOne(own: Store): Promise<void> {
    const { items } = await own.events({ order: 'oldest first', limit: 40 })
    const one = items[pick(items.length)]
    const sink = SINKS[pick(SINKS.length)]
    if (!one || !sink) return
    const redelivery = { ref: one.ref, cleared: false, owed: [{ sink, orderKey: null }] }
    await owedAgain(`${one.event.id} ${sink}`, async () => {
      const [owed] = await own.owe([redelivery], { resend: false, dryRun: false, now })
      return owed ?? { count: 0 }
    })
  }

  async function owedAgain(key: string, ask: () => Promise<{ count: number }>): Promise<void> {
    const known = model.get(key)
    const { count } = await ask()
    // It may have been delivered before this is told.
    if (count > 0 && model.get(key) === known) model.set(key, { state: 'pending', at: now })
  }

  await oweForLong()
  const before = () => ({ delivered: now - RETENTION.delivered, dead: now - RETENTION.dead })
  let last = before()
  async function pruner(): Promise<void> {
    while (pruning) {
      last = before()
      await pruneAll(store, last)
    }
  }

  const pruned = pruner()
  await Promise.all([gateway(store, 'one'), gateway(other, 'two')])
  pruning = false
  await pruned

  const [row] = await database.query(`
    SELECT count(*)::integer AS known, count(DISTINCT event)::integer AS refs,
      (SELECT min(n)::integer FROM lark_fanout.spans) AS first,
      (SELECT count(*)::integer FROM lark_fanout.deliveries WHERE kept) AS kept
    FROM lark_fanout.identities`)
  expect(row).toMatchObject({ known: accepted, refs: accepted })
  expect(Number(row?.first)).toBeGreaterThan(2)
  expect(Number(row?.kept)).toBeGreaterThan(0)

  const deliveries = await everyPage((cursor) => store.deliveries({ limit: 500, cursor }))
  const found = new Map(deliveries.map(({ eventId, sink, state }) => [`${eventId} ${sink}`, state]))
  const wanted = [...model].filter(([, { state, at }]) => state === 'pending' || at >= last[state])
  for (const [key, { state }] of wanted) expect([key, found.get(key)]).toEqual([key, state])
  for (const [key, state] of found) expect([key, model.get(key)?.state]).toEqual([key, state])

  const states = [...found].map(([key, state]) => `${key.split(' ').at(-1)} ${state}`)
  const count = (sink: string, state: string) =>
    states.filter((one) => one === `${sink} ${state}`).length
  expect(await store.backlog()).toMatchObject(
    SINKS.map((sink) => ({ sink, pending: count(sink, 'pending'), dead: count(sink, 'dead') })),
  )
  for (const sink of SINKS) {
    let sent = 0
    for (let left = true; left; ) {
      const held = await store.claim({ sink, now: now + FOREVER, leaseMs: LEASE, limit: 1000 })
      await store.settle(held.map((one) => settlement(one)))
      sent += held.length
      left = held.length > 0
    }
    expect(sent).toBe(count(sink, 'pending'))
  }
}, 120_000)
