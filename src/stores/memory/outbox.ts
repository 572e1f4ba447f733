import type {
  Acceptance,
  Accepted,
  ClaimedDelivery,
  ClaimQuery,
  Granted,
  Outbox,
  Owed,
  Settlement,
} from '../../core/outbox.ts'
import { addDelivery, type Delivery, type Entry, end, identityOf, type Memory } from './state.ts'

/** A claim looks at all that is pending. */
export function memoryOutbox(memory: Memory): Outbox {
  return {
    accept: async (batch, now) => batch.map((acceptance) => accept(memory, acceptance, now)),
    claim: async (query) => claim(memory, query),
    nextDueAt: async (sink) => nextDueAt(memory, sink),
    async settle(batch) {
      for (const settlement of batch) settle(memory, settlement)
    },
    async release(batch) {
      for (const { id, claim, dueAt, wasSent } of batch) {
        const delivery = held(memory, id, claim)
        if (!delivery) continue
        wait(delivery, dueAt)
        if (!wasSent) delivery.unsettled--
      }
    },
  }
}

function accept(memory: Memory, { event, problems, owed }: Acceptance, now: number): Accepted {
  const identity = identityOf(event)
  if (memory.identities.has(identity)) return { duplicate: true, granted: [] }
  if (event.id !== '') memory.identities.set(identity, now)
  const entry = { seq: ++memory.lastEvent, event, acceptedAt: now, problems, deliveries: [] }
  memory.events.set(entry.seq, entry)
  if (problems.length > 0) return { duplicate: false, granted: [] }
  return { duplicate: false, granted: owed.flatMap((one) => owe(memory, entry, one, now)) }
}

function owe(memory: Memory, entry: Entry, owed: Owed, now: number): readonly Granted[] {
  const { sink, orderKey, claimMs } = owed
  const granted = claimMs > 0 && !isBehind(memory, sink, orderKey)
  const claim = granted ? 1 : 0
  const dueAt = granted ? now + claimMs : now
  const lease = { dueAt, leased: granted, claim, attempts: 0, unsettled: claim }
  const { seq } = addDelivery(memory, { entry, sink, orderKey, acceptedAt: now, ...lease })
  return granted ? [{ sink, id: String(seq), claim }] : []
}

function isBehind({ pending }: Memory, sink: string, orderKey: string | null): boolean {
  if (orderKey === null) return false
  return [...pending.values()].some((d) => d.sink === sink && d.orderKey === orderKey)
}

function claim(memory: Memory, { sink, now, leaseMs, limit }: ClaimQuery): ClaimedDelivery[] {
  const due = queues(memory, sink)
    .flatMap((queue) => headOf(queue, now))
    .filter(({ dueAt }) => dueAt <= now)
    .sort((a, b) => a.dueAt - b.dueAt || a.seq - b.seq)
  return due.slice(0, limit).map((delivery) => {
    delivery.claim++
    delivery.leased = true
    delivery.dueAt = now + leaseMs
    const { seq, entry, claim, attempts, dueAt, orderKey } = delivery
    const cutShort = delivery.unsettled++
    return {
      id: String(seq),
      event: entry.event,
      claim,
      attempt: attempts + 1,
      cutShort,
      ordered: orderKey !== null,
      leaseUntil: dueAt,
    }
  })
}

/** The pending ones of each order key, in order; one without a key is on its own. */
function queues({ pending }: Memory, sink: string): Delivery[][] {
  const alone: Delivery[][] = []
  const byKey = new Map<string, Delivery[]>()
  for (const delivery of pending.values()) {
    const { orderKey } = delivery
    if (delivery.sink !== sink) continue
    const queue = orderKey === null ? undefined : byKey.get(orderKey)
    if (queue) queue.push(delivery)
    else if (orderKey === null) alone.push([delivery])
    else byKey.set(orderKey, [delivery])
  }
  return [...alone, ...byKey.values()]
}

/** The earliest, but while a later one is in flight: that one had begun before the earliest was owed again. */
function headOf(queue: readonly Delivery[], now: number): Delivery[] {
  return queue.some(({ leased, dueAt }) => leased && dueAt > now) ? [] : queue.slice(0, 1)
}

function nextDueAt(memory: Memory, sink: string): number | null {
  const times = queues(memory, sink).map((queue) =>
    Math.max(...queue.filter(({ leased }, i) => leased || i === 0).map(({ dueAt }) => dueAt)),
  )
  return times.reduce<number | null>(
    (next, time) => (next === null ? time : Math.min(next, time)),
    null,
  )
}

function settle(memory: Memory, { id, claim, attempt, outcome, record }: Settlement): void {
  const delivery = held(memory, id, claim)
  if (!delivery) return
  const settledAt = Math.round(record.at + record.durationMs)
  delivery.attempts = attempt
  delivery.unsettled = 0
  if (outcome.state === 'pending') wait(delivery, outcome.dueAt)
  else {
    const reason = outcome.state === 'dead' ? outcome.reason : null
    end(memory, delivery, outcome.state, settledAt, reason)
  }
  if (attempt > 1 || outcome.state !== 'delivered')
    delivery.history.push({ ...record, durationMs: Math.round(record.durationMs), n: attempt })
}

/** The fence: only whoever holds the latest claim, and holds it still. */
function held({ pending }: Memory, id: string, claim: number): Delivery | undefined {
  const delivery = pending.get(Number(id))
  return delivery?.leased && delivery.claim === claim ? delivery : undefined
}

function wait(delivery: Delivery, dueAt: number): void {
  delivery.leased = false
  delivery.dueAt = dueAt
}
