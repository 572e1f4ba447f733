import type {
  Acceptance,
  Accepted,
  ClaimedDelivery,
  ClaimQuery,
  Granted,
  Outbox,
  Release,
  Settlement,
} from '../../core/outbox.ts'
import { createGroupCommit } from '../group-commit.ts'
import { bareEvent, withData } from '../rows.ts'
import type { Query, Row } from './connection.ts'
import { writeTogether } from './together.ts'

interface AcceptCall {
  readonly batch: readonly Acceptance[]
  readonly now: number
}

export interface PostgresOutbox extends Outbox {
  /** Resolves when nothing is gathered or being written. */
  idle(): Promise<void>
}

/**
 * Whatever is called while a statement is under way goes with the next, in one transaction. `left` hears of the sinks
 * that are owed what is due and nobody has claimed.
 */
export function postgresOutbox(
  query: Query,
  left: (sinks: readonly string[]) => void = () => {},
  acceptBy: Query = query,
): PostgresOutbox {
  const accepting = createGroupCommit<AcceptCall, readonly Accepted[]>((calls) =>
    writeTogether(calls, charsOf, (some) => acceptAll(acceptBy, left, some)),
  )
  const settling = createGroupCommit<readonly Settlement[], null>((calls) =>
    writeTogether(calls, noText, async (some) => {
      await settle(query, some.flat())
      return some.map(() => null)
    }),
  )
  const releasing = createGroupCommit<readonly Release[], null>((calls) =>
    writeTogether(calls, noText, async (some) => {
      await release(query, some.flat())
      return some.map(() => null)
    }),
  )
  return {
    accept: (batch, now) => accepting.call({ batch, now }),
    claim: (wanted) => claim(query, wanted),
    nextDueAt: (sink) => nextDueAt(query, sink),
    settle: async (batch) => void (await settling.call(batch)),
    release: async (batch) => void (await releasing.call(batch)),
    async idle() {
      await Promise.all([accepting.idle(), settling.idle(), releasing.idle()])
    },
  }
}

function charsOf({ batch }: AcceptCall): number {
  return batch.reduce((chars, { event }) => chars + event.raw.length, 0)
}

/** Little enough not to be counted. */
const noText = () => 0

async function acceptAll(
  query: Query,
  left: (sinks: readonly string[]) => void,
  calls: readonly AcceptCall[],
): Promise<readonly (readonly Accepted[])[]> {
  const arrived = calls.flatMap(({ batch, now }) => batch.map((one) => ({ ...one, now })))
  if (arrived.length === 0) return calls.map(() => [])
  const { accepted, leftSinks } = await accept(query, arrived)
  if (leftSinks.length > 0) left(leftSinks)
  let next = 0
  return calls.map(({ batch }) => {
    next += batch.length
    return accepted.slice(next - batch.length, next)
  })
}

async function accept(
  query: Query,
  arrived: readonly (Acceptance & { readonly now: number })[],
): Promise<{ readonly accepted: readonly Accepted[]; readonly leftSinks: readonly string[] }> {
  const events = arrived.map(({ event, problems, now }) => [
    now,
    Math.floor(event.time),
    ...[event.id, event.type, event.appId, event.tenantKey, event.via],
    problems.length > 0 ? JSON.stringify(problems) : null,
    event.raw,
    event.trace ?? null,
    typeof event.data.instance_code === 'string' ? event.data.instance_code : null,
  ])
  const owed = arrived.flatMap(({ problems, owed, now }, i) =>
    (problems.length > 0 ? [] : owed).map(({ sink, orderKey, claimMs }) => [
      i + 1,
      sink,
      orderKey,
      claimMs > 0 ? Math.ceil(now + claimMs) : null,
    ]),
  )
  const [row] = await query(
    `SELECT * FROM lark_fanout.accept($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
       $12::integer[], $13::text[], $14::text[], $15::bigint[])`,
    [...columns(events, 11), ...columns(owed, 4)],
  )
  const grants = grantsOf(row)
  const accepted = listOf(row?.seqs).map((seq) => ({
    duplicate: Number(seq) === 0,
    granted: grants.get(Number(seq)) ?? [],
  }))
  return { accepted, leftSinks: listOf(row?.left_sinks).map(String) }
}

/** By the number of their event. One that was born claimed has the claim 1. */
function grantsOf(row: Row | undefined): ReadonlyMap<number, readonly Granted[]> {
  const [events, sinks, ids] = [row?.granted_for, row?.granted_sinks, row?.granted].map(listOf)
  const grants = new Map<number, Granted[]>()
  for (const [i, event] of (events ?? []).entries()) {
    const granted = { sink: String(sinks?.[i]), id: String(ids?.[i]), claim: 1 }
    grants.set(Number(event), [...(grants.get(Number(event)) ?? []), granted])
  }
  return grants
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

async function claim(
  query: Query,
  { sink, now, leaseMs, limit, chars = MAX_CLAIMED_BYTES }: ClaimQuery,
): Promise<readonly ClaimedDelivery[]> {
  const leaseUntil = Math.ceil(now + leaseMs)
  const bytes = Math.max(0, Math.floor(Math.min(chars, MAX_CLAIMED_BYTES)))
  const rows = await query('SELECT * FROM lark_fanout.claim($1, $2, $3, $4, $5)', [
    sink,
    Math.floor(now),
    leaseUntil,
    limit,
    bytes,
  ])
  return rows.map((row) => ({
    id: String(row.seq),
    ...withData({ event: bareEvent(row) }),
    claim: Number(row.claim),
    attempt: Number(row.attempts) + 1,
    cutShort: Number(row.unsettled) - 1,
    ordered: row.ordered === true,
    leaseUntil,
  }))
}

/** How much of events' texts is held at once, but for one alone. */
const MAX_CLAIMED_BYTES = 8 * 1024 * 1024

async function nextDueAt(query: Query, sink: string): Promise<number | null> {
  const [row] = await query(
    `SELECT due_at FROM lark_fanout.deliveries WHERE sink = $1 AND NOT behind
     ORDER BY due_at, seq LIMIT 1`,
    [sink],
  )
  return row === undefined ? null : Number(row.due_at)
}

async function settle(query: Query, batch: readonly Settlement[]): Promise<void> {
  if (batch.length === 0) return
  const rows = batch.map(({ id, claim, attempt, outcome, record }) => [
    Number(id),
    claim,
    attempt,
    outcome.state,
    outcome.state === 'pending' ? Math.ceil(outcome.dueAt) : null,
    Math.round(record.at + record.durationMs),
    outcome.state === 'dead' ? outcome.reason : null,
    record.at,
    Math.round(record.durationMs),
    record.status,
    record.error,
    record.response,
  ])
  await query(
    `SELECT lark_fanout.settle($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[],
       $7::text[], $8::bigint[], $9::integer[], $10::integer[], $11::text[], $12::text[])`,
    columns(rows, 12),
  )
}

async function release(query: Query, batch: readonly Release[]): Promise<void> {
  if (batch.length === 0) return
  const rows = batch.map(({ id, claim, dueAt, wasSent = false }) => [
    Number(id),
    claim,
    Math.ceil(dueAt),
    wasSent,
  ])
  await query(
    'SELECT lark_fanout.release($1::bigint[], $2::integer[], $3::bigint[], $4::boolean[])',
    columns(rows, 4),
  )
}

type Value = string | number | boolean | null

/** Rows as the statements take them: one array a column. */
function columns(rows: readonly (readonly Value[])[], count: number): readonly Value[][] {
  return Array.from({ length: count }, (_, i) => rows.map((row) => row[i] ?? null))
}
