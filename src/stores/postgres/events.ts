import { dataOf } from '../../core/event.ts'
import { mentions } from '../../core/event-filter.ts'
import {
  HELD_CHARS,
  type Order,
  type Range,
  type Rows,
  rest,
  sqlOrder,
  type Window,
  windowFrom,
} from '../pages.ts'
import { type BareStoredEvent, bareStoredEvent, type Row } from '../rows.ts'
import { beginning, type EventRows, type EventsAt, type Part, rawPart } from '../search.ts'
import type { Query } from './connection.ts'
import { rangeOf, wholeMs } from './range.ts'

export async function events(query: Query, choice: EventsAt): Promise<EventRows<BareStoredEvent>> {
  const { q } = choice
  const found = q === undefined ? list(query, choice) : search(query, choice, q)
  const { items, ...next } = await found
  return { items: items.map(bareStoredEvent), ...next }
}

async function list(query: Query, choice: EventsAt): Promise<EventRows<Row>> {
  const { order, limit } = choice
  const range = await rangeOf(query, 'events', choice)
  const window = windowFrom(range.first, range, order)
  const rows = await between(query, choice, window, 'rest')
  return { ...firstOf(rows, limit, window), part: 'rest' }
}

/** A part that has nothing is passed over. */
async function search(query: Query, choice: EventsAt, q: string): Promise<EventRows<Row>> {
  const { order, after, part, limit } = choice
  const range = await rangeOf(query, 'events', { ...choice, after: null })
  const next = beginning(range, order)
  if (after === null) {
    const items = await byId(query, choice, q)
    if (items.length > 0) return { items, next, part: 'instance' }
  }
  if (after === null || part === 'instance') {
    const found = await ofInstance(query, choice, q, rest(range, order, after))
    if (found.next !== null) return { ...found, part: 'instance' }
    if (found.items.length > 0) return { ...found, next, part: 'rest' }
  }
  const left = { ...choice, after: part === 'instance' ? null : after }
  const { first, ...lower } = await rangeOf(query, 'events', left)
  const window = windowFrom(first, lower, order)
  const rows = await between(query, choice, window, 'rest')
  return { ...firstOf(rows, limit, window, (row) => isOtherMention(row, q)), part: 'rest' }
}

/** Where a filter passes none of the first, the next page goes on after them. */
async function ofInstance(
  query: Query,
  choice: EventsAt,
  q: string,
  range: Range,
): Promise<Rows<Row>> {
  const { order, limit } = choice
  const rows = await between(query, choice, range, 'instance')
  const isMeant = (row: Row) => row.id !== q && isOfInstance(row, q)
  const found = firstOf(rows, limit, { edge: null }, isMeant)
  if (found.next !== null) return found
  const [last] = await query(
    `${seqsOfInstance(order, '$1', '$2', '$3')} OFFSET ${OF_INSTANCE - 1}`,
    [range.low, range.high, q],
  )
  return { ...found, next: last === undefined ? null : Number(last.seq) }
}

/** The first that are meant, of rows that `between` gave. */
function firstOf(
  rows: readonly Row[],
  limit: number,
  { edge }: Pick<Window, 'edge'>,
  isMeant: (row: Row) => boolean = () => true,
): Rows<Row> {
  const found = rows.filter(isMeant)
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : rows.at(-1)
  const hasMore = found.length > limit || last?.followed === true
  return { items, next: hasMore ? Number(last?.seq) : edge }
}

/** Whether the index knows it, and the parsed data says so. */
function isOfInstance(row: Row, q: string): boolean {
  return row.indexed === true && dataOf(String(row.raw)).instance_code === q
}

/** SQL finds what may mention `q`; only the parsed data tells. */
function isOtherMention(row: Row, q: string): boolean {
  return row.id !== q && !isOfInstance(row, q) && mentions(dataOf(String(row.raw)), q)
}

/** Of what `filtersOf` gives, $1 to $5. */
const FILTERS = `($1::text IS NULL OR type = $1)
  AND ($2::text IS NULL OR via = $2)
  AND ($3::text IS NULL OR (problems IS NULL) = ($3 = 'accepted'))
  AND ($4::bigint IS NULL OR accepted_at >= $4)
  AND ($5::bigint IS NULL OR accepted_at < $5)`

function filtersOf({ type, source, state, since, until }: EventsAt): readonly unknown[] {
  const times = [since, until].map((time) => (time === undefined ? null : wholeMs(time)))
  return [type ?? null, source ?? null, state ?? null, ...times]
}

function byId(query: Query, choice: EventsAt, id: string): Promise<readonly Row[]> {
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

/** So many of one instance a page looks at. */
const OF_INSTANCE = 10_000

/** The first of an instance between two numbers. By its own index: no other may be taken for some of its conditions. */
const seqsOfInstance = (order: Order, low: string, high: string, q: string) => `
  SELECT found.seq FROM generate_series(${low}::bigint >> 20, ${high}::bigint >> 20) AS groups (n)
  CROSS JOIN LATERAL (
    SELECT seq FROM lark_fanout.events
    WHERE seq >> 20 = groups.n AND instance_code = lark_fanout.brief(${q}) OFFSET 0
  ) found WHERE found.seq BETWEEN ${low} AND ${high}
  ORDER BY found.seq ${sqlOrder(order)} LIMIT ${OF_INSTANCE}`

/** Where rows come from: all of them, or the first of the instance $10. */
const sourceOf = (part: Part, order: Order) => {
  if (part === 'rest') return 'lark_fanout.events'
  return `(
    SELECT e.* FROM (${seqsOfInstance(order, '$6', '$7', '$10')}) i
    CROSS JOIN LATERAL (SELECT * FROM lark_fanout.events WHERE seq = i.seq LIMIT 1) e
  ) AS of_instance`
}

/** As many of the first as may be held at once, one at the least; `followed`: more of them come after it. */
function between(
  query: Query,
  choice: EventsAt,
  { low, high }: Range,
  part: Part,
): Promise<readonly Row[]> {
  const { order, q, limit } = choice
  const isByText = q !== undefined && part === 'rest'
  const most = isByText ? limit + IN_VAIN : limit
  const text = isByText ? (rawPart(q) ?? null) : null
  return query(
    `SELECT *, instance_code = lark_fanout.brief($10) AS indexed FROM (
       SELECT *, row_number() OVER run AS place, sum(octet_length(raw)) OVER run AS bytes,
         lead(seq) OVER run IS NOT NULL AS followed
       FROM (
         SELECT * FROM ${sourceOf(part, order)}
         WHERE ${FILTERS} AND seq BETWEEN $6 AND $7 AND ($8::text IS NULL OR strpos(raw, $8) > 0)
         ORDER BY seq ${sqlOrder(order)} LIMIT $9 + 1
       ) first WINDOW run AS (ORDER BY seq ${sqlOrder(order)})
     ) sized WHERE place <= $9 AND (place = 1 OR bytes <= ${HELD_CHARS}) ORDER BY place`,
    [...filtersOf(choice), low, high, text, most, q ?? null],
  )
}
