import { dataOf } from '../../core/event.ts'
import type { EventQuery } from '../../core/ledger.ts'
import { mentions, rawPart } from '../mentions.ts'
import { type At, HELD_CHARS, type Range, type Rows, sqlOrder, windowFrom } from '../pages.ts'
import { type BareStoredEvent, bareStoredEvent, type Row } from '../rows.ts'
import type { Query } from './connection.ts'
import { rangeOf, wholeMs } from './range.ts'

type Choice = At<EventQuery>

/** With `q`, what has it as its id comes on a page of its own, before those that mention it. */
export async function events(query: Query, choice: Choice): Promise<Rows<BareStoredEvent>> {
  const { order, after, q, limit } = choice
  const range = await rangeOf(query, 'events', choice)
  if (q !== undefined && after === null) {
    const items = await byId(query, choice, q)
    const next = order === 'oldest first' ? range.low - 1 : range.high + 1
    if (items.length > 0) return { items: items.map(bareStoredEvent), next }
  }
  const window = windowFrom(range.first, range, order)
  const rows = await between(query, choice, window)
  const found = q === undefined ? rows : rows.filter((row) => isMention(row, q))
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : rows.at(-1)
  const hasMore = found.length > limit || last?.followed === true
  return { items: items.map(bareStoredEvent), next: hasMore ? Number(last?.seq) : window.edge }
}

/** SQL finds what may mention `q`; only the parsed data tells. */
function isMention(row: Row, q: string): boolean {
  return row.id !== q && mentions(dataOf(String(row.raw)), q)
}

/** Of what `filtersOf` gives, $1 to $5. */
const FILTERS = `($1::text IS NULL OR type = $1)
  AND ($2::text IS NULL OR via = $2)
  AND ($3::text IS NULL OR (problems IS NULL) = ($3 = 'accepted'))
  AND ($4::bigint IS NULL OR accepted_at >= $4)
  AND ($5::bigint IS NULL OR accepted_at < $5)`

function filtersOf({ type, source, state, since, until }: Choice): readonly unknown[] {
  const times = [since, until].map((time) => (time === undefined ? null : wholeMs(time)))
  return [type ?? null, source ?? null, state ?? null, ...times]
}

function byId(query: Query, choice: Choice, id: string): Promise<readonly Row[]> {
  return query(
    `SELECT * FROM (
       SELECT e.* FROM lark_fanout.identities i
       CROSS JOIN LATERAL (SELECT * FROM lark_fanout.events WHERE seq = i.event LIMIT 1) e
       WHERE i.id = lark_fanout.brief($6)
     ) found WHERE ${FILTERS} ORDER BY seq ${sqlOrder(choice.order)}`,
    [...filtersOf(choice), id],
  )
}

/** So many may be read that turn out not to mention what is looked for. */
const IN_VAIN = 1_000

/** As many of the first as may be held at once, one at the least; `followed`: more of them come after it. */
function between(query: Query, choice: Choice, { low, high }: Range): Promise<readonly Row[]> {
  const { order, q, limit } = choice
  const most = q === undefined ? limit : limit + IN_VAIN
  return query(
    `SELECT * FROM (
       SELECT *, row_number() OVER run AS place, sum(octet_length(raw)) OVER run AS bytes,
         lead(seq) OVER run IS NOT NULL AS followed
       FROM (
         SELECT * FROM lark_fanout.events
         WHERE ${FILTERS} AND seq BETWEEN $6 AND $7 AND ($8::text IS NULL OR strpos(raw, $8) > 0)
         ORDER BY seq ${sqlOrder(order)} LIMIT $9 + 1
       ) first WINDOW run AS (ORDER BY seq ${sqlOrder(order)})
     ) sized WHERE place <= $9 AND (place = 1 OR bytes <= ${HELD_CHARS}) ORDER BY place`,
    [...filtersOf(choice), low, high, rawPart(q) ?? null, most],
  )
}
