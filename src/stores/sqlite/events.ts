import { dataOf } from '../../core/event.ts'
import type { EventQuery } from '../../core/ledger.ts'
import { mentions, rawPart } from '../mentions.ts'
import { type At, pageOf, type Range, type Rows, rest, sqlOrder } from '../pages.ts'
import { type BareEvent, type BareStoredEvent, bareStoredEvent, type Row } from '../rows.ts'
import type { SqliteDriver } from './driver.ts'
import { rangeOf, windowOf } from './range.ts'

/** With `q`, what has it as its id comes on a page of its own, before those that mention it. */
export function events(db: SqliteDriver, query: At<EventQuery>): Rows<BareStoredEvent> {
  const { order, after, q, limit } = query
  const range = rangeOf(db, 'events', query)
  if (q !== undefined && after === null) {
    const seqs = seqsById(db, q).sort((a, b) => (order === 'oldest first' ? a - b : b - a))
    const others = { ...query, q: undefined }
    const byId = seqs.flatMap((seq) => [...matching(db, others, { low: seq, high: seq })])
    const next = order === 'oldest first' ? range.low - 1 : range.high + 1
    if (byId.length > 0) return { items: byId.map(bareStoredEvent), next }
  }
  const window = windowOf(db, 'events', rest(range, order, after), order)
  const found = q === undefined ? matching(db, query, window) : mentioning(db, query, q, window)
  const { items, next } = pageOf(found, limit, window)
  return { items: items.map(bareStoredEvent), next }
}

/** SQL finds what may mention `q`; only the parsed data tells. */
function* mentioning(
  db: SqliteDriver,
  query: At<EventQuery>,
  q: string,
  window: Range,
): Iterable<Row> {
  for (const row of matching(db, query, window)) {
    if (row.id !== q && mentions(dataOf(String(row.raw)), q)) yield row
  }
}

function matching(db: SqliteDriver, query: At<EventQuery>, { low, high }: Range): Iterable<Row> {
  const { order, type, source, state, since, until, q } = query
  const filters = [type, source, state, since, until, rawPart(q)]
  return db.each(
    `SELECT * FROM events
     WHERE seq BETWEEN ?1 AND ?2
       AND (?3 IS NULL OR type = ?3)
       AND (?4 IS NULL OR via = ?4)
       AND (?5 IS NULL OR (problems IS NULL) = (?5 = 'accepted'))
       AND (?6 IS NULL OR accepted_at >= ?6)
       AND (?7 IS NULL OR accepted_at < ?7)
       AND (?8 IS NULL OR instr(raw, ?8) > 0)
     ORDER BY seq ${sqlOrder(order)}`,
    ...[low, high, ...filters.map((filter) => filter ?? null)],
  )
}

/** All stored events of this id. Identities begin with app and tenant, which are few: so ids need no index. */
export function seqsById(db: SqliteDriver, id: string): number[] {
  const seqs: number[] = []
  for (let app = firstApp(db, ''); app; app = nextApp(db, app)) {
    const found = db.rows(
      `SELECT e.seq FROM identities i JOIN events e ON e.seq = i.event
       WHERE i.app_id = ? AND i.tenant_key = ? AND i.id = ?`,
      ...[app.appId, app.tenantKey, id],
    )
    seqs.push(...found.map(({ seq }) => Number(seq)))
  }
  return seqs
}

type App = Pick<BareEvent, 'appId' | 'tenantKey'>

function firstApp(db: SqliteDriver, from: string): App | undefined {
  return appOf(
    db.rows(
      `SELECT app_id, tenant_key FROM identities WHERE app_id >= ?
       ORDER BY app_id, tenant_key LIMIT 1`,
      from,
    ),
  )
}

/** Its next tenant, else the first of the next app. SQLite compares rows by their first column alone in an index. */
function nextApp(db: SqliteDriver, { appId, tenantKey }: App): App | undefined {
  const tenants = db.rows(
    `SELECT app_id, tenant_key FROM identities WHERE app_id = ? AND tenant_key > ?
     ORDER BY tenant_key LIMIT 1`,
    ...[appId, tenantKey],
  )
  return appOf(tenants) ?? firstApp(db, `${appId}\0`)
}

function appOf([row]: readonly Row[]): App | undefined {
  return row && { appId: String(row.app_id), tenantKey: String(row.tenant_key) }
}
