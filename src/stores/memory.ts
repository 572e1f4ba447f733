import type { Event } from '../core/event.ts'
import type {
  Acceptance,
  Accepted,
  Backlog,
  ClaimedDelivery,
  ClaimQuery,
  Granted,
  Owed,
  Store,
} from '../core/store.ts'

interface Delivery {
  readonly id: string
  readonly event: Event
  readonly sink: string
  readonly orderKey: string | null
  readonly acceptedAt: number
  dueAt: number
  /** Whether `dueAt` is the end of a lease. */
  leased: boolean
  claim: number
  attempts: number
}

interface Memory {
  readonly identities: Set<string>
  /** By id, in order of acceptance. */
  readonly pending: Map<string, Delivery>
  /** How many, by sink. */
  readonly dead: Map<string, number>
  lastId: number
}

/** Everything is gone when the process ends: for tests and trials. A claim looks at all that is pending. */
export function openMemoryStore(): Store {
  const memory: Memory = { identities: new Set(), pending: new Map(), dead: new Map(), lastId: 0 }
  return {
    accept: async (batch, now) => batch.map((acceptance) => accept(memory, acceptance, now)),
    claim: async (query) => claim(memory, query),
    nextDueAt: async (sink) =>
      headsOf(memory, sink).reduce<number | null>(
        (next, { dueAt }) => (next === null ? dueAt : Math.min(next, dueAt)),
        null,
      ),
    async settle(batch) {
      for (const { id, claim, outcome } of batch) {
        const delivery = held(memory, id, claim)
        if (!delivery) continue
        if (outcome.state === 'pending') wait(delivery, outcome.dueAt)
        else memory.pending.delete(id)
        if (outcome.state === 'dead') add(memory.dead, delivery.sink)
      }
    },
    async release(batch) {
      for (const { id, claim, dueAt } of batch) {
        const delivery = held(memory, id, claim)
        if (!delivery) continue
        wait(delivery, dueAt)
        delivery.attempts--
      }
    },
    backlog: async () => backlog(memory),
    check: async () => {},
    close: async () => {},
  }
}

function accept(memory: Memory, { event, problems, owed }: Acceptance, now: number): Accepted {
  const identity = JSON.stringify([event.appId, event.tenantKey, event.id])
  if (memory.identities.has(identity)) return { duplicate: true, granted: [] }
  if (event.id !== '') memory.identities.add(identity)
  if (problems.length > 0) return { duplicate: false, granted: [] }
  return { duplicate: false, granted: owed.flatMap((one) => owe(memory, event, one, now)) }
}

function owe(memory: Memory, event: Event, owed: Owed, now: number): readonly Granted[] {
  const { sink, orderKey, claimMs } = owed
  const granted = claimMs > 0 && !isBehind(memory, sink, orderKey)
  const id = String(++memory.lastId)
  const claim = granted ? 1 : 0
  const dueAt = granted ? now + claimMs : now
  const lease = { dueAt, leased: granted, claim, attempts: claim }
  memory.pending.set(id, { id, event, sink, orderKey, acceptedAt: now, ...lease })
  return granted ? [{ sink, id, claim }] : []
}

function isBehind({ pending }: Memory, sink: string, orderKey: string | null): boolean {
  if (orderKey === null) return false
  return [...pending.values()].some((d) => d.sink === sink && d.orderKey === orderKey)
}

function claim(memory: Memory, { sink, now, leaseMs, limit }: ClaimQuery): ClaimedDelivery[] {
  const due = headsOf(memory, sink)
    .filter(({ dueAt }) => dueAt <= now)
    .sort((a, b) => a.dueAt - b.dueAt)
  return due.slice(0, limit).map((delivery) => {
    delivery.claim++
    delivery.attempts++
    delivery.leased = true
    delivery.dueAt = now + leaseMs
    const { id, event, claim, attempts, dueAt } = delivery
    return { id, event, claim, attempt: attempts, leaseUntil: dueAt }
  })
}

/** The first of each order key, and all those without one. */
function headsOf({ pending }: Memory, sink: string): Delivery[] {
  const seen = new Set<string>()
  const heads: Delivery[] = []
  for (const delivery of pending.values()) {
    const { orderKey } = delivery
    if (delivery.sink !== sink) continue
    if (orderKey === null || !seen.has(orderKey)) heads.push(delivery)
    if (orderKey !== null) seen.add(orderKey)
  }
  return heads
}

/** The fence: only whoever holds the latest claim, and holds it still. */
function held({ pending }: Memory, id: string, claim: number): Delivery | undefined {
  const delivery = pending.get(id)
  return delivery?.leased && delivery.claim === claim ? delivery : undefined
}

function wait(delivery: Delivery, dueAt: number): void {
  delivery.leased = false
  delivery.dueAt = dueAt
}

function add(counts: Map<string, number>, sink: string): void {
  counts.set(sink, (counts.get(sink) ?? 0) + 1)
}

function backlog({ pending, dead }: Memory): readonly Backlog[] {
  const count = new Map<string, number>()
  const oldest = new Map<string, number>()
  for (const { sink, acceptedAt } of pending.values()) {
    add(count, sink)
    if (!oldest.has(sink)) oldest.set(sink, acceptedAt)
  }
  return [...new Set([...count.keys(), ...dead.keys()])].map((sink) => ({
    sink,
    pending: count.get(sink) ?? 0,
    dead: dead.get(sink) ?? 0,
    oldestPendingAt: oldest.get(sink) ?? null,
  }))
}
