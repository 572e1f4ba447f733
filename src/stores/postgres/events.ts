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
import { beginning, type EventRows, type EventsAt, rawPart } from '../search.ts'
import type { Query } from './connection.ts'
import { rangeOf, wholeMs } from './range.ts'

/** With the `seq` of its first row, as `rangeOf` gives it. */
type FoundRange = Awaited<ReturnType<typeof rangeOf>>

export async function events(query: Query, choice: EventsAt): Promise<EventRows<BareStoredEvent>> {
  const { q } = choice
  const found = q === undefined ? list(query, choice) : search(query, choice, q)
  const { items, ...next } = await found
  return { items: items.map(bareStoredEvent), ...next }
}

async function list(query: Query, choice: EventsAt): Promise<EventRows<Row>> {
  const { order, limit } = choice
  const { first, ...range } = await rangeOf(query, 'events', choice)
  const window = windowFrom(first, range, order)
  const { values, value } = createValues()
  const wanted = [between(window, value), ...filters(choice, value)]
  const source = `SELECT * FROM lark_fanout.events WHERE ${wanted.join(' AND ')} ORDER BY seq ${sqlOrder(order)}`
  const rows = await query(held(source, order, limit), values)
  return { ...firstOf(rows, limit, window), part: 'rest' }
}

/** A part that has nothing is passed over. */
async function search(query: Query, choice: EventsAt, q: string): Promise<EventRows<Row>> {
  const { order, after, part } = choice
  if (part === 'rest' && after !== null)
    return mentioning(query, choice, q, await rangeOf(query, 'events', choice))
  const range = await rangeOf(query, 'events', { ...choice, after: null })
  const next = beginning(range, order)
  if (after === null) {
    const items = await byId(query, choice, q)
    if (items.length > 0) return { items, next, part: 'instance' }
  }
  const found = await ofInstance(query, choice, q, rest(range, order, after))
  if (found.next !== null) return { ...found, part: 'instance' }
  if (found.items.length > 0) return { ...found, next, part: 'rest' }
  return mentioning(query, choice, q, range)
}

function byId(query: Query, choice: EventsAt, id: string): Promise<readonly Row[]> {
  const { values, value } = createValues()
  const source = `
    SELECT e.* FROM lark_fanout.identities i
    CROSS JOIN LATERAL (SELECT * FROM lark_fanout.events WHERE seq = i.event LIMIT 1) e
    WHERE i.id = lark_fanout.brief(${value(id)})`
  const wanted = filters(choice, value).join(' AND ') || 'true'
  return query(
    `SELECT * FROM (${source}) found WHERE ${wanted} ORDER BY seq ${sqlOrder(choice.order)}`,
    values,
  )
}

/** So many of one instance a page looks at. */
const OF_INSTANCE = 10_000

/** Where filters pass none of the first, the next page goes on after them. */
async function ofInstance(
  query: Query,
  choice: EventsAt,
  q: string,
  range: Range,
): Promise<Rows<Row>> {
  const { order, limit } = choice
  const seqs = await seqsOfInstance(query, order, q, range)
  const edge = seqs.length === OF_INSTANCE ? (seqs.at(-1) ?? null) : null
  if (seqs.length === 0) return { items: [], next: null }
  const { values, value } = createValues()
  const source = `
    SELECT e.* FROM unnest(${value(seqs)}::bigint[]) WITH ORDINALITY AS of_instance (its_seq, place)
    CROSS JOIN LATERAL (SELECT * FROM lark_fanout.events WHERE seq = its_seq LIMIT 1) e
    WHERE ${filters(choice, value).join(' AND ') || 'true'} ORDER BY of_instance.place`
  const rows = await query(held(source, order, limit), values)
  return firstOf(rows, limit, { edge }, (row) => row.id !== q && isOfInstance(row, q))
}

/** By its own index: the planner may take no other for some of the conditions. */
async function seqsOfInstance(
  query: Query,
  order: Order,
  q: string,
  { low, high }: Range,
): Promise<readonly number[]> {
  const rows = await query(
    `SELECT found.seq FROM generate_series($1::bigint >> 20, $2::bigint >> 20) AS groups (n)
     CROSS JOIN LATERAL (
       SELECT seq FROM lark_fanout.events
       WHERE seq >> 20 = groups.n AND instance_code = lark_fanout.brief($3) OFFSET 0
     ) found WHERE found.seq BETWEEN $1 AND $2
     ORDER BY found.seq ${sqlOrder(order)} LIMIT ${OF_INSTANCE}`,
    [low, high, q],
  )
  return rows.map(({ seq }) => Number(seq))
}

/** What is long is in the index by its digest; the parsed data has the last word. */
function isOfInstance(row: Row, q: string): boolean {
  return dataOf(String(row.raw)).instance_code === q
}

/** So many may be read that turn out not to mention what is looked for. */
const IN_VAIN = 1_000

/** SQL finds what may mention `q`; only the parsed data tells. What the index has comes before. */
async function mentioning(
  query: Query,
  choice: EventsAt,
  q: string,
  { first, ...range }: FoundRange,
): Promise<EventRows<Row>> {
  const { order, limit } = choice
  const window = windowFrom(first, range, order)
  const { values, value } = createValues()
  const part = rawPart(q)
  const wanted = [between(window, value), ...filters(choice, value)]
  if (part !== undefined) wanted.push(`strpos(raw, ${value(part)}) > 0`)
  const source = `
    SELECT *, instance_code = lark_fanout.brief(${value(q)}) AS indexed
    FROM lark_fanout.events WHERE ${wanted.join(' AND ')} ORDER BY seq ${sqlOrder(order)}`
  const rows = await query(held(source, order, limit + IN_VAIN), values)
  const isMeant = (row: Row) => {
    if (row.id === q || (row.indexed === true && isOfInstance(row, q))) return false
    return mentions(dataOf(String(row.raw)), q)
  }
  return { ...firstOf(rows, limit, window, isMeant), part: 'rest' }
}

/** A statement's values: each gives its `$1`. */
function createValues() {
  const values: unknown[] = []
  return { values, value: (one: unknown) => `$${values.push(one)}` }
}

type Value = ReturnType<typeof createValues>['value']

function between({ low, high }: Range, value: Value): string {
  return `seq BETWEEN ${value(low)} AND ${value(high)}`
}

function filters({ type, source, state, since, until }: EventsAt, value: Value): string[] {
  const wanted: string[] = []
  if (type !== undefined) wanted.push(`type = ${value(type)}`)
  if (source !== undefined) wanted.push(`via = ${value(source)}`)
  if (state !== undefined) wanted.push(`(problems IS NULL) = ${value(state === 'accepted')}`)
  if (since !== undefined) wanted.push(`accepted_at >= ${value(wholeMs(since))}`)
  if (until !== undefined) wanted.push(`accepted_at < ${value(wholeMs(until))}`)
  return wanted
}

/** Of an ordered source the first `most`, or as many as may be held at once; `followed`: more of them come after it. */
function held(source: string, order: Order, most: number): string {
  return `SELECT * FROM (
      SELECT *, row_number() OVER run AS place, sum(octet_length(raw)) OVER run AS bytes,
        lead(seq) OVER run IS NOT NULL AS followed
      FROM (${source} LIMIT ${most + 1}) first WINDOW run AS (ORDER BY seq ${sqlOrder(order)})
    ) sized WHERE place <= ${most} AND (place = 1 OR bytes <= ${HELD_CHARS}) ORDER BY place`
}

/** The first that are meant, of rows that `held` gave. */
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
