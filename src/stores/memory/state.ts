import type { Event } from '../../core/event.ts'
import type { AuditEntry, DeliveryState, Pause, StoredAttempt } from '../../core/ledger.ts'

export interface Entry {
  readonly seq: number
  readonly event: Event
  readonly acceptedAt: number
  problems: readonly string[]
  /** In the order of `seq`. */
  deliveries: readonly Delivery[]
}

export interface Delivery {
  readonly seq: number
  readonly entry: Entry
  readonly sink: string
  readonly orderKey: string | null
  readonly acceptedAt: number
  readonly history: StoredAttempt[]
  state: DeliveryState
  dueAt: number
  /** Whether `dueAt` is the end of a lease. */
  leased: boolean
  claim: number
  attempts: number
  /** Claims since the last attempt that ended. */
  unsettled: number
  settledAt: number | null
  reason: string | null
}

export interface Memory {
  /** By `seq`, in its order. */
  readonly events: Map<number, Entry>
  readonly deliveries: Map<number, Delivery>
  /** Of the deliveries, those that are pending: in the order of `seq` too. */
  pending: Map<number, Delivery>
  readonly dead: Map<number, Delivery>
  /** When each was accepted. */
  readonly identities: Map<string, number>
  readonly pauses: Map<string, Pause>
  audit: (Omit<AuditEntry, 'outcome'> & {
    readonly seq: number
    outcome: AuditEntry['outcome']
  })[]
  lastEvent: number
  lastDelivery: number
  lastEntry: number
}

export function emptyMemory(): Memory {
  return {
    events: new Map(),
    deliveries: new Map(),
    pending: new Map(),
    dead: new Map(),
    identities: new Map(),
    pauses: new Map(),
    audit: [],
    lastEvent: 0,
    lastDelivery: 0,
    lastEntry: 0,
  }
}

export function identityOf({ appId, tenantKey, id }: Event): string {
  return JSON.stringify([appId, tenantKey, id])
}

export function addDelivery(
  memory: Memory,
  fresh: Pick<
    Delivery,
    | 'entry'
    | 'sink'
    | 'orderKey'
    | 'acceptedAt'
    | 'dueAt'
    | 'leased'
    | 'claim'
    | 'attempts'
    | 'unsettled'
  >,
): Delivery {
  const seq = ++memory.lastDelivery
  const unsettled = { state: 'pending' as const, settledAt: null, reason: null }
  const delivery = { ...fresh, ...unsettled, seq, history: [] }
  memory.deliveries.set(seq, delivery)
  memory.pending.set(seq, delivery)
  fresh.entry.deliveries = [...fresh.entry.deliveries, delivery]
  return delivery
}

/** Owes dead ones again, in their old places. */
export function revive(memory: Memory, deliveries: readonly Delivery[], now: number): void {
  for (const delivery of deliveries) {
    const { seq } = delivery
    const fresh = {
      dueAt: now,
      leased: false,
      attempts: 0,
      unsettled: 0,
      settledAt: null,
      reason: null,
    }
    Object.assign(delivery, fresh)
    delivery.state = 'pending'
    memory.dead.delete(seq)
    memory.pending.set(seq, delivery)
  }
  if (deliveries.length > 0) {
    memory.pending = new Map([...memory.pending].sort(([a], [b]) => a - b))
  }
}

export function end(
  memory: Memory,
  delivery: Delivery,
  state: 'delivered' | 'dead',
  settledAt: number,
  reason: string | null,
): void {
  const { seq } = delivery
  Object.assign(delivery, { settledAt, reason, leased: false })
  delivery.state = state
  memory.pending.delete(seq)
  if (state === 'dead') memory.dead.set(seq, delivery)
}
