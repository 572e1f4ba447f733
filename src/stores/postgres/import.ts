import {
  type Contents,
  KINDS,
  type Kind,
  type Measure,
  type MoveTarget,
  type Row,
} from '../move.ts'
import { configOf, openConnections, type Query } from './connection.ts'
import { DESTINATIONS } from './import-tables.ts'
import { type MigrateOptions, migratePostgres } from './migrate.ts'

export interface PostgresImport extends MoveTarget {
  close(): Promise<void>
}

/** Counting all there is may take its time. */
const PATIENCE_MS = 60 * 60_000

/** A Postgres database that another store is moved into. Nothing is asked of it yet. */
export function openPostgresImport(url: string, log?: MigrateOptions['log']): PostgresImport {
  const { query, transaction, close } = openConnections(configOf(url), 1, PATIENCE_MS)
  const transact = <T>(work: (query: Query) => Promise<T>) =>
    transaction(async (query) => {
      await query('SET LOCAL statement_timeout = 0')
      return work(query)
    })
  return {
    async begin(contents) {
      await migratePostgres({ query, transaction }, { log })
      // One in use is refused without a lock, which may have to wait for a backup, and its gateways for the lock.
      return (await begun(query, contents)) ?? transact((query) => begin(query, contents))
    },
    append: (kind, rows, done) => append(query, kind, rows, done),
    end: ({ contents, sinks }) =>
      transact(async (query) => {
        await query(TALLIES, [sinks])
        await query(ANALYZE)
        const measures = await measure(query)
        const isWhole = JSON.stringify(measures) === JSON.stringify(contents.measures)
        if (isWhole) await query('UPDATE lark_fanout.moves SET ended_at = $1', [Date.now()])
        return { measures, isWhole, added: await added(query, contents.last) }
      }),
    close,
  }
}

/** For `openPostgresStore`. Whoever accepts or claims asks for it anyway. */
export async function requireMoved(query: Query): Promise<void> {
  await query('SELECT lark_fanout.require_moved()')
}

function from(kind: Kind): string {
  const { table, where } = DESTINATIONS[kind]
  return `FROM lark_fanout.${table}${where ? ` WHERE ${where}` : ''}`
}

async function begin(query: Query, contents: Contents) {
  // Those who are accepting just now are waited for; the next ones find that it has begun.
  await query('LOCK TABLE lark_fanout.moves')
  const meanwhile = await begun(query, contents)
  if (meanwhile) return meanwhile
  await query('INSERT INTO lark_fanout.moves (source, done) VALUES ($1, 0)', [
    JSON.stringify(contents),
  ])
  await makeRoom(query, contents.last)
  return { done: 0, endedAt: null }
}

/** How much of this source is there; undefined where nothing at all is. Throws where there is anything else. */
async function begun(query: Query, contents: Contents) {
  const [row] = await query('SELECT source, done, ended_at FROM lark_fanout.moves')
  if (!row) return requireEmpty(query)
  const endedAt = row.ended_at === null ? null : Number(row.ended_at)
  if (row.source === JSON.stringify(contents)) return { done: Number(row.done), endedAt }
  const other = 'another store, or this one as it was before it changed,'
  throw new Error(
    endedAt === null
      ? `${other} has been moved into it in part: name an empty database, or set that part aside: ${SET_ASIDE}`
      : `${other} has been moved into it: ${ADVICE}`,
  )
}

/** In place of a DROP: somebody may have accepted what is there. */
export const SET_ASIDE = 'ALTER SCHEMA lark_fanout RENAME TO lark_fanout_aside'

const ADVICE = `name an empty database, or set aside what this one has, once its gateways have delivered it and are ended: ${SET_ASIDE}`

async function requireEmpty(query: Query): Promise<undefined> {
  const looks = KINDS.map((kind) => `SELECT '${kind}' AS kind WHERE EXISTS (SELECT ${from(kind)})`)
  const found = (await query(looks.join(' UNION ALL '))).map(({ kind }) => kind)
  if (found.length > 0) throw new Error(`it has something already (${found.join(', ')}): ${ADVICE}`)
}

const SPAN = 100_000_000

/** What comes next has numbers of its own, those of events and of deliveries from one span. */
async function makeRoom(query: Query, last: Contents['last']): Promise<void> {
  const span = Math.floor((Math.max(last.event, last.delivery) + 1) / SPAN)
  await query(
    `SELECT lark_fanout.add_span(wanted.n) FROM generate_series(0, $1::bigint) AS wanted (n)
     WHERE NOT EXISTS (SELECT FROM lark_fanout.spans WHERE spans.n = wanted.n)`,
    [span + 1],
  )
  await query(
    `SELECT setval('lark_fanout.event_seq', $1, false), setval('lark_fanout.delivery_seq', $2, false),
       setval(pg_get_serial_sequence('lark_fanout.audit', 'seq'), $3, false)`,
    [
      Math.max(last.event + 1, span * SPAN),
      Math.max(last.delivery + 1, span * SPAN),
      last.audit + 1,
    ],
  )
}

/** The rows and how far it has come are one statement, and so one transaction. */
async function append(query: Query, kind: Kind, rows: readonly Row[], done: number): Promise<void> {
  const { table, columns, values } = DESTINATIONS[kind]
  const defined = columns.split(',').map((column) => column.trim().split(' '))
  const keys = defined.map(([name = '']) => name)
  const names = keys.join(', ')
  const lists = defined.map(([, type], i) => `$${i + 3}::${type}[]`)
  const moved = await query(
    `WITH step AS (
       UPDATE lark_fanout.moves SET done = done + $2 WHERE done = $1 AND ended_at IS NULL
       RETURNING true AS moved
     ), rows AS (
       INSERT INTO lark_fanout.${table} (${names}) OVERRIDING SYSTEM VALUE
       SELECT ${values ?? names} FROM unnest(${lists.join(', ')}) AS given (${names})
       WHERE EXISTS (SELECT FROM step)
     )
     SELECT moved FROM step`,
    [done, rows.length, ...keys.map((key) => rows.map((row) => row[key]))],
  )
  if (moved.length === 0)
    throw new Error('another lark-fanout migrate works on it: let that one end')
}

/** They are counted anew, but for the sinks that nothing is left of. */
const TALLIES = `
  INSERT INTO lark_fanout.tallies (sink, shard, pending, dead)
  SELECT s.sink, 0,
    (SELECT count(*) FROM lark_fanout.deliveries d WHERE d.sink = s.sink),
    (SELECT count(*) FROM lark_fanout.history h WHERE h.dead AND h.sink = s.sink)
  FROM unnest($1::text[]) AS s (sink)
  ON CONFLICT (sink, shard) DO UPDATE SET pending = excluded.pending, dead = excluded.dead`

/** The planner would go by the empty tables otherwise, until autovacuum comes by. */
const ANALYZE = `
  ANALYZE lark_fanout.events, lark_fanout.identities, lark_fanout.deliveries, lark_fanout.history, lark_fanout.attempts`

async function measure(query: Query): Promise<readonly Measure[]> {
  const measures: Measure[] = []
  for (const kind of KINDS) {
    const { sum } = DESTINATIONS[kind]
    const [row] = await query(
      `SELECT count(*) AS count, coalesce(sum(${sum}), 0)::text AS sum ${from(kind)}`,
    )
    measures.push({ kind, count: Number(row?.count), sum: String(row?.sum) })
  }
  return measures
}

async function added(query: Query, { event }: Contents['last']): Promise<number> {
  const [row] = await query('SELECT count(*) AS count FROM lark_fanout.events WHERE seq > $1', [
    event,
  ])
  return Number(row?.count)
}
