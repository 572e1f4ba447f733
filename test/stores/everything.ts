import type { Page } from '../../src/core/ledger.ts'
import type { Acceptance } from '../../src/core/outbox.ts'
import type { Store } from '../../src/core/store.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'

/** Texts that not every database can hold. */
const ODD = 'odd \u0000 \\u0000 \\ 审批 😀'

export const SINKS = ['lake', 'finance', 'ordered', 'flying', ODD, '\\sink']

/** Fills an empty store with one of everything, at T. */
export async function fillStore(store: Store): Promise<void> {
  await acceptSome(store)
  await endSome(store)
  await orderSome(store)
  await prune(store)
  await operate(store)
}

async function acceptSome(store: Store): Promise<void> {
  const data = { instance_code: ODD, approval_code: 'a1', user_id: 'u1' }
  const batch = [
    acceptance('forgotten', { owed: ['gone'] }),
    acceptance('plain', { owed: ['lake', 'finance'] }),
    acceptance('unmatched', { owed: [] }),
    acceptance('plain', { appId: 'cli_b', tenantKey: ODD, owed: ['lake'] }),
    acceptance(ODD, { data, type: ODD, via: ODD, owed: [ODD, '\\sink'] }),
    acceptance('large', { data: { text: 'x'.repeat(1_000_000) }, owed: ['finance'] }),
    acceptance('quarantined', { problems: ['event.operate: must be CREATE or READ', ODD] }),
    acceptance('', { problems: ['it has no id'] }),
    ...['code', ODD, '\\code'].map((code) => tracedOf(code)),
  ]
  await store.accept(batch, T - MINUTE)
  const many = Array.from({ length: 20 }, (_, i) => acceptance(`many-${i}`, { owed: ['lake'] }))
  await store.accept(many, T)
}

/** Of an instance that has another name than the event. */
function tracedOf(code: string): Acceptance {
  const one = acceptance(`of ${code}`, { data: { instance_code: code }, owed: [] })
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  return { ...one, event: { ...one.event, trace } }
}

/** Delivered at once and at the second attempt, dead, waiting for their retry, in flight, given back. */
async function endSome(store: Store): Promise<void> {
  const take = (sink: string, limit: number) => store.claim({ sink, now: T, leaseMs: LEASE, limit })
  const answer = { at: T, durationMs: 12.4, status: 500, error: `HTTP 500 ${ODD}`, response: ODD }
  const end = async (sink: string, outcome: Parameters<typeof settlement>[1]) => {
    for (const one of await take(sink, 1)) {
      const record = { ...settlement(one, outcome).record, ...(outcome && answer) }
      await store.settle([{ ...settlement(one, outcome), record }])
    }
  }
  await end('gone', { state: 'dead', reason: 'HTTP 410' })
  await end('finance', { state: 'pending', dueAt: T })
  await end('finance', { state: 'pending', dueAt: T + 5 * LEASE })
  await end('finance', undefined)
  await end('lake', { state: 'dead', reason: `gave up: ${ODD}` })
  await end('lake', undefined)
  await end('lake', { state: 'pending', dueAt: T + 2 * LEASE })
  await take('lake', 3)
  await store.release((await take('lake', 2)).map((one) => ({ ...one, dueAt: T, wasSent: true })))
  await end(ODD, { state: 'dead', reason: ODD })
}

/** Keys with some behind their head, and one whose earliest was owed again while another is in flight. */
async function orderSome(store: Store): Promise<void> {
  const keys = ['k', ODD, 'k', null, '\\k', 'k', ODD]
  const ordered = keys.map((orderKey, i) =>
    acceptance(`ordered-${i}`, {
      owed: [{ sink: 'ordered', orderKey, claimMs: i < 2 ? LEASE : 0 }],
    }),
  )
  await store.accept(ordered, T)
  const flying = [1, 2, 3].map((i) =>
    acceptance(`flying-${i}`, { owed: [{ sink: 'flying', orderKey: 'k' }] }),
  )
  await store.accept(flying, T)
  const query = { sink: 'flying', now: T, leaseMs: LEASE, limit: 1 }
  const dead = { state: 'dead', reason: 'HTTP 400' } as const
  await store.settle((await store.claim(query)).map((one) => settlement(one, dead)))
  await store.claim(query)
  await store.retry({ filter: { sink: 'flying' } }, { dryRun: false, now: T, limit: 9 })
}

/** Its identity outlives an event. */
async function prune(store: Store): Promise<void> {
  const before = T - MINUTE / 2
  const query = { deliveredBefore: before, deadBefore: T + MINUTE, limit: 1 }
  await store.prune({ ...query, identitiesBefore: 0, auditBefore: 0 })
}

async function operate(store: Store): Promise<void> {
  await store.pause({ sink: 'lake', by: 'operator', at: T, options: '' })
  await store.pause({ sink: ODD, by: 'receiver', at: T + 1, options: 'abcdef01' })
  const entry = { at: T, actor: `cli ${ODD}`, request: { sink: ODD }, outcome: null }
  const id = await store.record({ ...entry, action: 'pause' })
  await store.conclude(id, { paused: true, odd: ODD })
  await store.record({ ...entry, action: 'replay' })
}

/** All that people can read of a store. */
export async function everything(store: Store) {
  const events = await all((page) => store.events({ ...page, order: 'oldest first' }))
  const histories = await Promise.all(events.map(({ ref }) => store.event({ ref })))
  return {
    backlog: (await store.backlog()).toSorted((a, b) => (a.sink < b.sink ? -1 : 1)),
    owed: await Promise.all([...SINKS, 'gone', 'never'].map((sink) => store.wasOwed(sink))),
    events,
    newest: await all((page) => store.events({ ...page, order: 'newest first' })),
    found: await Promise.all(
      [ODD, 'code', '\\code', 'u1'].map((q) =>
        all((page) => store.events({ ...page, order: 'oldest first', q })),
      ),
    ),
    histories,
    byId: await Promise.all(['plain', ODD, 'forgotten'].map((id) => store.event({ id }))),
    deliveries: await all((page) => store.deliveries(page)),
    dead: await all((page) => store.deliveries({ ...page, state: 'dead' })),
    ofOne: await all((page) => store.deliveries({ ...page, event: { id: ODD } })),
    pauses: (await store.pauses()).toSorted((a, b) => a.at - b.at),
    audit: await all((page) => store.audit(page)),
  }
}

async function all<T>(
  read: (page: { cursor: string | undefined; limit: number }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await read({ cursor, limit: 7 })
    items.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return items
}
