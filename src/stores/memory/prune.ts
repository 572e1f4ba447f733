import type { Progress, PruneQuery } from '../../core/ledger.ts'
import { cursorAt, positionOf } from '../cursor.ts'
import { type Delivery, type Entry, identityOf, type Memory } from './state.ts'

export function prune(memory: Memory, query: PruneQuery): Progress {
  const after = positionOf(query.cursor) ?? 0
  const old = Math.max(query.deliveredBefore, query.deadBefore)
  const rest = [...memory.events.values()].filter(
    ({ seq, acceptedAt }) => seq > after && acceptedAt < old,
  )
  const looked = rest.slice(0, query.limit)
  const count = looked.reduce((sum, entry) => sum + pruneEvent(memory, entry, query), 0)
  const next = rest.length > query.limit ? cursorAt(looked.at(-1)?.seq ?? null) : null
  if (next === null) {
    forgetIdentities(memory, query.identitiesBefore)
    memory.audit = memory.audit.filter(({ at }) => at >= query.auditBefore)
  }
  return { count, next }
}

function pruneEvent(memory: Memory, entry: Entry, query: PruneQuery): number {
  const { deliveredBefore, deadBefore } = query
  const isOver = ({ state, settledAt }: Delivery) =>
    settledAt !== null && settledAt < (state === 'dead' ? deadBefore : deliveredBefore)
  const over = entry.deliveries.filter(isOver)
  for (const { seq } of over) {
    memory.deliveries.delete(seq)
    memory.dead.delete(seq)
  }
  entry.deliveries = entry.deliveries.filter((delivery) => !isOver(delivery))
  const before = entry.problems.length > 0 ? deadBefore : deliveredBefore
  if (entry.deliveries.length > 0 || entry.acceptedAt >= before) return over.length
  memory.events.delete(entry.seq)
  return over.length + 1
}

/** An identity lives as long as its event, at the least. */
function forgetIdentities({ identities, events }: Memory, before: number): void {
  const living = new Set([...events.values()].map(({ event }) => identityOf(event)))
  for (const [identity, acceptedAt] of identities) {
    if (acceptedAt < before && !living.has(identity)) identities.delete(identity)
  }
}
