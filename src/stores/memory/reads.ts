import type {
  Backlog,
  DeliveryFilter,
  DeliveryQuery,
  EventHistory,
  EventQuery,
  Ledger,
  Page,
  PageQuery,
  StoredDelivery,
  StoredEvent,
} from '../../core/ledger.ts'
import { cursorAt, positionOf } from '../cursor.ts'
import { mentions } from '../mentions.ts'
import type { Delivery, Entry, Memory } from './state.ts'

type Reads = Pick<
  Ledger,
  'backlog' | 'wasOwed' | 'events' | 'event' | 'deliveries' | 'pauses' | 'audit'
>

/** Every list looks at all there is. */
export function memoryReads(memory: Memory): Reads {
  return {
    backlog: async () => backlog(memory),
    wasOwed: async (name) => [...memory.deliveries.values()].some(({ sink }) => sink === name),
    async events(query) {
      const found = [...memory.events.values()].filter((entry) => passes(entry, query))
      const { items, next } = page(found, query.order, query)
      return { items: items.map(storedEvent), next }
    },
    event: async (id) => eventHistory(memory, id),
    deliveries: async (query) => deliveries(memory, query),
    pauses: async () => [...memory.pauses.values()],
    async audit(query) {
      const { items, next } = page(memory.audit, 'newest first', query)
      return { items: items.map(({ seq, ...entry }) => ({ ...entry, id: String(seq) })), next }
    },
  }
}

function backlog({ pending, dead }: Memory): readonly Backlog[] {
  const sinks = new Map<string, { pending: number; dead: number; oldestPendingAt: number | null }>()
  for (const { sink, state, acceptedAt } of [...pending.values(), ...dead.values()]) {
    const counts = sinks.get(sink) ?? { pending: 0, dead: 0, oldestPendingAt: null }
    if (state === 'pending') counts.oldestPendingAt ??= acceptedAt
    counts[state === 'pending' ? 'pending' : 'dead']++
    sinks.set(sink, counts)
  }
  return [...sinks].map(([sink, counts]) => ({ sink, ...counts }))
}

/** `rows` are in the order of `seq`. */
function page<Row extends { readonly seq: number }>(
  rows: readonly Row[],
  order: EventQuery['order'],
  { cursor, limit }: PageQuery,
): Page<Row> {
  const after = positionOf(cursor)
  const isPast = ({ seq }: Row) =>
    after === null || (order === 'oldest first' ? seq > after : seq < after)
  const ordered = order === 'oldest first' ? rows : rows.toReversed()
  const rest = ordered.filter(isPast)
  const items = rest.slice(0, limit)
  return { items, next: rest.length > limit ? cursorAt(items.at(-1)?.seq ?? null) : null }
}

function passes({ event, problems, acceptedAt }: Entry, query: EventQuery): boolean {
  const { type, source, state, since, until, q } = query
  return (
    (type === undefined || event.type === type) &&
    (source === undefined || event.via === source) &&
    (state === undefined || (state === 'quarantined') === problems.length > 0) &&
    isWithin(acceptedAt, since, until) &&
    (q === undefined || event.id === q || mentions(event.data, q))
  )
}

function isWithin(time: number, since = -Infinity, until = Infinity): boolean {
  return time >= since && time < until
}

function storedEvent({ seq, event, acceptedAt, problems }: Entry): StoredEvent {
  return { ref: String(seq), event, acceptedAt, problems }
}

function eventHistory(memory: Memory, id: string): EventHistory | null {
  const byId = [...memory.events.values()].findLast(({ event }) => event.id === id && id !== '')
  const entry = byId ?? entryOf(memory, id)
  if (!entry) return null
  const histories = entry.deliveries.map((delivery) => ({
    ...storedDelivery(delivery),
    history: [...delivery.history],
  }))
  return { ...storedEvent(entry), deliveries: histories }
}

export function entryOf({ events }: Memory, ref: string): Entry | undefined {
  const entry = events.get(Number(ref))
  return String(entry?.seq) === ref ? entry : undefined
}

function deliveries(memory: Memory, query: DeliveryQuery): Page<StoredDelivery> {
  const found = [...memory.deliveries.values()].filter(
    (delivery) =>
      (query.state === undefined || delivery.state === query.state) && isAmong(delivery, query),
  )
  const { items, next } = page(found, 'newest first', query)
  return { items: items.map(storedDelivery), next }
}

export function isAmong(delivery: Delivery, filter: DeliveryFilter): boolean {
  const { sink, event, since, until } = filter
  const { entry, acceptedAt } = delivery
  return (
    (sink === undefined || delivery.sink === sink) &&
    (event === undefined || entry.event.id === event || String(entry.seq) === event) &&
    isWithin(acceptedAt, since, until)
  )
}

function storedDelivery(delivery: Delivery): StoredDelivery {
  const { seq, entry, sink, state, attempts, orderKey, acceptedAt } = delivery
  const { dueAt, leased, settledAt, reason } = delivery
  return {
    id: String(seq),
    eventRef: String(entry.seq),
    eventId: entry.event.id,
    sink,
    state,
    attempts,
    orderKey,
    acceptedAt,
    dueAt: state === 'pending' ? dueAt : null,
    inFlight: leased,
    settledAt,
    reason,
  }
}
