import type { EventHistory, EventName, EventOutcome } from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import { bareStoredEvent, eventOutcome, storedAttempt, storedDelivery, withData } from '../rows.ts'
import type { Query } from './connection.ts'

export async function eventHistory(query: Query, name: EventName): Promise<EventHistory | null> {
  const [row] = await ('ref' in name ? byRef(query, name.ref) : latestOf(query, name.id))
  if (!row) return null
  const event = withData(bareStoredEvent(row))
  const deliveries = await query(
    'SELECT * FROM lark_fanout.all_deliveries WHERE event = $1 ORDER BY seq',
    [row.seq],
  )
  const attempts = await query(
    'SELECT * FROM lark_fanout.attempts WHERE delivery = ANY ($1) ORDER BY delivery, seq',
    [deliveries.map(({ seq }) => seq)],
  )
  const byDelivery = Map.groupBy(attempts, ({ delivery }) => delivery)
  const histories = deliveries.map((delivery) => ({
    ...storedDelivery({ ...delivery, event_id: row.id }),
    history: (byDelivery.get(delivery.seq) ?? []).map(storedAttempt),
  }))
  return { ...event, deliveries: histories }
}

function byRef(query: Query, ref: string): ReturnType<Query> {
  return query('SELECT * FROM lark_fanout.events WHERE seq = $1 LIMIT 1', [seqOf(ref)])
}

/** Identities outlive their events. */
function latestOf(query: Query, id: string): ReturnType<Query> {
  return query(
    `SELECT * FROM lark_fanout.events WHERE seq = (
       SELECT max(e.seq) FROM lark_fanout.identities i
       CROSS JOIN LATERAL (SELECT seq FROM lark_fanout.events WHERE seq = i.event LIMIT 1) e
       WHERE i.id = lark_fanout.brief($1)
     ) LIMIT 1`,
    [id],
  )
}

/** Event by event: for a list of them the planner, without statistics, reads a whole table, 360 ms with a million events. */
export async function outcomes(
  query: Query,
  events: readonly number[],
): Promise<readonly EventOutcome[]> {
  const rows = await query(
    `SELECT asked.event, of_it.* FROM unnest($1::bigint[]) AS asked (event)
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE NOT pending AND NOT dead) AS delivered,
         count(*) FILTER (WHERE pending) AS pending, count(*) FILTER (WHERE dead) AS dead
       FROM lark_fanout.all_deliveries d WHERE d.event = asked.event HAVING count(*) > 0
     ) of_it`,
    [events],
  )
  return rows.map(eventOutcome)
}
