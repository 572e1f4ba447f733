import type {
  DeadSelection,
  Ledger,
  OweQuery,
  PageQuery,
  Progress,
  Redelivery,
  RetryBatch,
} from '../../core/ledger.ts'
import { cursorAt, positionOf } from '../cursor.ts'
import { prune } from './prune.ts'
import { entryOf, isAmong } from './reads.ts'
import { addDelivery, type Delivery, type Entry, end, type Memory, revive } from './state.ts'

type Changes = Omit<
  Ledger,
  'backlog' | 'wasOwed' | 'events' | 'event' | 'outcomes' | 'deliveries' | 'pauses' | 'audit'
>

export function memoryChanges(memory: Memory): Changes {
  return {
    retry: async (selection, batch) => retry(memory, selection, batch),
    owe: async (batch, query) => owe(memory, batch, query),
    discard: async (sink, reason, query) => discard(memory, sink, reason, query),
    async pause(pause) {
      memory.pauses.set(JSON.stringify([pause.sink, pause.by]), pause)
    },
    async resume(sink, only) {
      for (const [key, pause] of memory.pauses) {
        const isMeant = !only || (pause.by === only.by && pause.options === only.options)
        if (pause.sink === sink && isMeant) memory.pauses.delete(key)
      }
    },
    async record(entry) {
      const seq = ++memory.lastEntry
      memory.audit.push({ ...entry, seq })
      return String(seq)
    },
    async conclude(id, outcome) {
      const entry = memory.audit.find(({ seq }) => String(seq) === id)
      if (entry) entry.outcome = outcome
    },
    prune: async (query) => prune(memory, query),
  }
}

function retry(memory: Memory, selection: DeadSelection, batch: RetryBatch): Progress {
  const { chosen, next } =
    'ids' in selection
      ? chooseByIds(memory, selection.ids, batch)
      : choose(memory.dead, batch, (delivery) => isAmong(delivery, selection.filter))
  if (!batch.dryRun) revive(memory, chosen, batch.now)
  return { count: chosen.length, next }
}

/** The cursor counts ids, each once. */
function chooseByIds({ dead }: Memory, ids: readonly string[], { cursor, limit }: PageQuery) {
  const unique = [...new Set(ids)]
  const start = positionOf(cursor) ?? 0
  const end = start + limit
  const chosen = unique.slice(start, end).flatMap((id) => {
    const delivery = dead.get(Number(id))
    return delivery && String(delivery.seq) === id ? [delivery] : []
  })
  return { chosen, next: end < unique.length ? cursorAt(end) : null }
}

function choose(
  deliveries: ReadonlyMap<number, Delivery>,
  { cursor, limit }: PageQuery,
  isMeant: (delivery: Delivery) => boolean,
) {
  const after = positionOf(cursor) ?? 0
  const meant = [...deliveries.values()].filter((one) => one.seq > after && isMeant(one))
  const chosen = meant.sort((a, b) => a.seq - b.seq).slice(0, limit)
  return { chosen, next: meant.length > limit ? cursorAt(chosen.at(-1)?.seq ?? null) : null }
}

function discard(
  memory: Memory,
  sink: string,
  reason: string,
  query: PageQuery & { readonly now: number },
): Progress {
  const { now } = query
  const { chosen, next } = choose(
    memory.pending,
    query,
    ({ sink: its, leased, dueAt }) => its === sink && !(leased && dueAt > now),
  )
  for (const delivery of chosen) end(memory, delivery, 'dead', now, reason)
  return { count: chosen.length, next }
}

function owe(memory: Memory, batch: readonly Redelivery[], query: OweQuery) {
  const counts = new Map<string, number>()
  const seen = new Set<string>()
  for (const { ref, cleared, owed } of batch) {
    const entry = entryOf(memory, ref)
    if (!entry) continue
    if (cleared && !query.dryRun) entry.problems = []
    for (const { sink, orderKey } of owed) {
      const key = JSON.stringify([ref, sink])
      if (seen.has(key) || !oweOne(memory, entry, sink, orderKey, query)) continue
      seen.add(key)
      counts.set(sink, (counts.get(sink) ?? 0) + 1)
    }
  }
  return [...counts].map(([sink, count]) => ({ sink, count }))
}

/** False where nothing is owed by it. */
function oweOne(
  memory: Memory,
  entry: Entry,
  sink: string,
  orderKey: string | null,
  { resend, dryRun, now }: OweQuery,
): boolean {
  const own = entry.deliveries.filter((delivery) => delivery.sink === sink)
  if (own.some(({ state }) => state === 'pending')) return false
  if (!resend && own.some(({ state }) => state === 'delivered')) return false
  if (dryRun) return true
  const dead = own.findLast(({ state }) => state === 'dead')
  const untried = {
    acceptedAt: now,
    dueAt: now,
    leased: false,
    claim: 0,
    attempts: 0,
    unsettled: 0,
  }
  if (dead) revive(memory, [dead], now)
  else addDelivery(memory, { entry, sink, orderKey, ...untried })
  return true
}
