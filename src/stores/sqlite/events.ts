import { dataOf } from '../../core/event.ts'
import { mentions } from '../../core/event-filter.ts'
import type { EventName } from '../../core/ledger.ts'
import { seqOf } from '../cursor.ts'
import { INSTANCE_CODE } from '../migrations/sqlite-3-search.ts'
import { pageOf, type Range, type Rows, rest, sqlOrder } from '../pages.ts'
import { type BareEvent, type BareStoredEvent, bareStoredEvent, type Row } from '../rows.ts'
import { beginning, type EventRows, type EventsAt, rawPart } from '../search.ts'
import type { SqliteDriver } from './driver.ts'
import { rangeOf, windowOf } from './range.ts'

/** What is read of a row of `events`. */
export const EVENT = `*, (SELECT traceparent FROM traces WHERE event = events.seq) AS traceparent`

export function events(db: SqliteDriver, query: EventsAt): EventRows<BareStoredEvent> {
  const { items, ...next } = query.q === undefined ? list(db, query) : search(db, query, query.q)
  return { items: items.map(bareStoredEvent), ...next }
}

function list(db: SqliteDriver, query: EventsAt): EventRows<Row> {
  const { order, after, limit } = query
  const range = rest(rangeOf(db, 'events', query), order, after)
  const window = windowOf(db, 'events', range, order)
  return { ...pageOf(matching(db, query, window), limit, window), part: 'rest' }
}

/** A part that has nothing is passed over. */
function search(db: SqliteDriver, query: EventsAt, q: string): EventRows<Row> {
  const { order, after, part } = query
  const range = rangeOf(db, 'events', query)
  if (part === 'rest' && after !== null) return mentioning(db, query, q, rest(range, order, after))
  const next = beginning(range, order)
  if (after === null) {
    const items = byId(db, query, q)
    if (items.length > 0) return { items, next, part: 'instance' }
  }
  const found = ofInstance(db, query, q, rest(range, order, after))
  if (found.next !== null) return { ...found, part: 'instance' }
  if (found.items.length > 0) return { ...found, next, part: 'rest' }
  return mentioning(db, query, q, range)
}

function byId(db: SqliteDriver, query: EventsAt, id: string): readonly Row[] {
  const seqs = seqsById(db, id).sort((a, b) => (query.order === 'oldest first' ? a - b : b - a))
  return seqs.flatMap((seq) => [...matching(db, query, { low: seq, high: seq })])
}

/** Of what `filtersOf` gives, ?3 to ?7. */
const FILTERS = `seq BETWEEN ?1 AND ?2
  AND (?3 IS NULL OR type = ?3)
  AND (?4 IS NULL OR via = ?4)
  AND (?5 IS NULL OR (problems IS NULL) = (?5 = 'accepted'))
  AND (?6 IS NULL OR accepted_at >= ?6)
  AND (?7 IS NULL OR accepted_at < ?7)`

function filtersOf({ type, source, state, since, until }: EventsAt) {
  return [type, source, state, since, until].map((filter) => filter ?? null)
}

function matching(
  db: SqliteDriver,
  query: EventsAt,
  { low, high }: Range,
  part: string | null = null,
): Iterable<Row> {
  return db.each(
    `SELECT ${EVENT}, ${INSTANCE_CODE} AS instance_code FROM events
     WHERE ${FILTERS} AND (?8 IS NULL OR instr(raw, ?8) > 0)
     ORDER BY seq ${sqlOrder(query.order)}`,
    ...[low, high, ...filtersOf(query), part],
  )
}

function ofInstance(db: SqliteDriver, query: EventsAt, q: string, range: Range): Rows<Row> {
  const rows = hasIndex(db) ? eachOfInstance(db, query, q, range) : []
  return pageOf(rows, query.limit, { edge: null })
}

/** A file with a damaged page has none, nor may one whose disk was full. */
export function hasIndex(db: SqliteDriver): boolean {
  return db.rows(`SELECT 1 FROM sqlite_schema WHERE name = 'events_by_instance'`).length > 0
}

/** How many bits of `seq` make no difference to the group that it is in there. */
const GROUP_BITS = 12

/** Group by group: a million numbers take some 2 ms. */
function* eachOfInstance(
  db: SqliteDriver,
  query: EventsAt,
  q: string,
  { low, high }: Range,
): Iterable<Row> {
  const groups = [low, high].map((seq) => Math.floor(seq / 2 ** GROUP_BITS))
  const step = query.order === 'oldest first' ? 1 : -1
  const [first = 0, last = 0] = step === 1 ? groups : groups.toReversed()
  for (let group = first; group * step <= last * step; group += step) {
    const rows = db.each(
      `SELECT ${EVENT}, ${INSTANCE_CODE} AS instance_code FROM events INDEXED BY events_by_instance
       WHERE seq >> ${GROUP_BITS} = ?8 AND ${INSTANCE_CODE} = ?9 AND ${INSTANCE_CODE} IS NOT NULL AND ${FILTERS}
       ORDER BY seq ${sqlOrder(query.order)}`,
      ...[low, high, ...filtersOf(query), group, q],
    )
    for (const row of rows) if (row.id !== q && isOfInstance(row, q)) yield row
  }
}

/** SQLite may read a code otherwise than we do, who have the last word: then it is found with the rest. */
function isOfInstance(row: Row, q: string): boolean {
  return row.instance_code === q && dataOf(String(row.raw)).instance_code === q
}

function mentioning(db: SqliteDriver, query: EventsAt, q: string, range: Range): EventRows<Row> {
  const window = windowOf(db, 'events', range, query.order)
  return { ...pageOf(eachMentioning(db, query, q, window), query.limit, window), part: 'rest' }
}

/** SQL finds what may mention `q`; only the parsed data tells. What the index has comes before. */
function* eachMentioning(
  db: SqliteDriver,
  query: EventsAt,
  q: string,
  window: Range,
): Iterable<Row> {
  const isIndexed = hasIndex(db)
  for (const row of matching(db, query, window, rawPart(q))) {
    if (row.id === q || (isIndexed && isOfInstance(row, q))) continue
    if (mentions(dataOf(String(row.raw)), q)) yield row
  }
}

/** What may be stored under this name. */
export function seqsOf(db: SqliteDriver, name: EventName): readonly number[] {
  return 'ref' in name ? [seqOf(name.ref) ?? 0] : seqsById(db, name.id)
}

/** All stored events of this id. Identities begin with app and tenant, which are few: so ids need no index. */
function seqsById(db: SqliteDriver, id: string): number[] {
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
