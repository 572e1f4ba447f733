import { passes } from '../../core/event-filter.ts'
import type {
  Backlog,
  DeliveryFilter,
  DeliveryQuery,
  EventHistory,
  EventName,
  EventOutcome,
  EventQuery,
  Ledger,
  Page,
  PageQuery,
  StoredDelivery,
  StoredEvent,
} from '../../core/ledger.ts'
import { cursorAt, positionOf } from '../cursor.ts'
import type { At, Rows } from '../pages.ts'
import { beginning, type EventRows, type EventsAt, eventsAt, eventsPage } from '../search.ts'
import type { Delivery, Entry, Memory } from './state.ts'

type Reads = Pick<
  Ledger,
  'backlog' | 'wasOwed' | 'events' | 'event' | 'outcomes' | 'deliveries' | 'pauses' | 'audit'
>

/** Every list looks at all there is. */
export function memoryReads(memory: Memory): Reads {
  return {
    backlog: async () => backlog(memory),
    wasOwed: async (name) => [...memory.deliveries.values()].some(({ sink }) => sink === name),
    events: async (query) => eventsPage(events(memory, eventsAt(query)), storedEvent),
    event: async (name) => eventHistory(memory, name),
    outcomes: async (refs) => [...new Set(refs)].flatMap((ref) => outcomeOf(memory, ref)),
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
  const { items, next } = pageAfter(rows, order, { after: positionOf(cursor), limit })
  return { items, next: cursorAt(next) }
}

function pageAfter<Row extends { readonly seq: number }>(
  rows: readonly Row[],
  order: EventQuery['order'],
  { after, limit }: At<PageQuery>,
): Rows<Row> {
  const isPast = ({ seq }: Row) =>
    after === null || (order === 'oldest first' ? seq > after : seq < after)
  const ordered = order === 'oldest first' ? rows : rows.toReversed()
  const rest = ordered.filter(isPast)
  const items = rest.slice(0, limit)
  return { items, next: rest.length > limit ? (items.at(-1)?.seq ?? null) : null }
}

function events(memory: Memory, query: EventsAt): EventRows<Entry> {
  const { order, after, part, q, limit } = query
  const found = [...memory.events.values()].filter((entry) => passes(entry, query))
  const pageOf = (some: readonly Entry[], from: number | null) =>
    pageAfter(some, order, { after: from, limit })
  if (q === undefined) return { ...pageOf(found, after), part: 'rest' }
  const ids = found.filter(({ event }) => event.id === q)
  const others = found.filter(({ event }) => event.id !== q)
  const isOfInstance = ({ event }: Entry) => event.data.instance_code === q
  const instance = others.filter(isOfInstance)
  const rest = others.filter((entry) => !isOfInstance(entry))
  const next = beginning({ low: 1, high: memory.lastEvent }, order)
  if (after === null && ids.length > 0) {
    return { items: order === 'oldest first' ? ids : ids.toReversed(), next, part: 'instance' }
  }
  if (after === null || part === 'instance') {
    const first = pageOf(instance, after)
    if (first.next !== null) return { ...first, part: 'instance' }
    if (first.items.length > 0) return { ...first, next, part: 'rest' }
  }
  return { ...pageOf(rest, part === 'instance' ? null : after), part: 'rest' }
}

function storedEvent({ seq, event, acceptedAt, problems }: Entry): StoredEvent {
  return { ref: String(seq), event, acceptedAt, problems }
}

function eventHistory(memory: Memory, name: EventName): EventHistory | null {
  const entry = [...memory.events.values()].findLast((one) => isNamed(one, name))
  if (!entry) return null
  const histories = entry.deliveries.map((delivery) => ({
    ...storedDelivery(delivery),
    history: [...delivery.history],
  }))
  return { ...storedEvent(entry), deliveries: histories }
}

function isNamed({ seq, event }: Entry, name: EventName): boolean {
  return 'ref' in name ? String(seq) === name.ref : event.id === name.id && name.id !== ''
}

export function entryOf({ events }: Memory, ref: string): Entry | undefined {
  const entry = events.get(Number(ref))
  return String(entry?.seq) === ref ? entry : undefined
}

function outcomeOf(memory: Memory, eventRef: string): readonly EventOutcome[] {
  const deliveries = entryOf(memory, eventRef)?.deliveries ?? []
  if (deliveries.length === 0) return []
  const outcome = { delivered: 0, pending: 0, dead: 0 }
  for (const { state } of deliveries) outcome[state]++
  return [{ eventRef, ...outcome }]
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
  const { sink, event, since = -Infinity, until = Infinity } = filter
  const { entry, acceptedAt } = delivery
  return (
    (sink === undefined || delivery.sink === sink) &&
    (event === undefined || isNamed(entry, event)) &&
    acceptedAt >= since &&
    acceptedAt < until
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
