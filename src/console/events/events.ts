import { html } from 'hono/html'
import type { EventFilter } from '../../core/event-filter.ts'
import type { Page as ListPage, StoredEvent } from '../../core/ledger.ts'
import { lookOn, pageOf } from '../../http/api/page.ts'
import { type Html, nothing } from '../html.ts'
import { eventTable } from '../parts/event-row.ts'
import { pageLinks } from '../parts/page-links.ts'
import { moment } from '../parts/time.ts'
import { href, type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { filterOf } from './filter.ts'
import { filterForm } from './form.ts'
import { words } from './words.ts'

const LIMIT = 50

/** What has come, newest first and live, and the way to any of it. */
export const events: PageAt = {
  path: '/console/events',
  async get(visit) {
    const { c, context } = visit
    const filter = filterOf(visit)
    const cursor = param(visit, 'cursor')
    const query = { order: 'newest first', ...filter, limit: LIMIT } as const
    const read = (from: string | undefined) => context.ledger.events({ ...query, cursor: from })
    const page = await pageOf(lookOn(read, cursor), (stored) => stored)
    const [first, ...others] = page.items
    const isTheOne = cursor === undefined && others.length === 0 && first?.event.id === filter.q
    if (first && filter.q && isTheOne) return c.redirect(`/console/events/${first.ref}`, 303)
    const isLive = cursor === undefined && filter.until === undefined
    const address = isLive ? html` data-stream="${streamOf(visit, first)}"` : nothing
    return {
      title: wordsOf(visit, words).title,
      section: 'events',
      body: html`${filterForm(visit, filter)}
${byOutcome(visit)}
<div id="events"${address}>
${page.items.length === 0 ? none(visit, filter) : eventTable(visit, page.items)}
${await lookedBack(visit, filter, page)}
${pageLinks(visit, '/console/events', page.next)}
</div>`,
    }
  },
}

/** Where the rows of what comes from now on are to be had; whatever came while the page was made is among them. */
function streamOf(visit: Visit, newest: StoredEvent | undefined): string {
  const { q, type, source, state, since } = visit.c.req.query()
  return href('/console/stream', { q, type, source, state, since, after: newest?.ref ?? '0' })
}

/** Deliveries are listed by their state where something can be done about them. */
function byOutcome(visit: Visit): Html {
  const w = wordsOf(visit, words)
  return html`<p class="faint">${w.byOutcome} <a href="/console/dead">${w.dead}</a>, <a href="/console/sinks">${w.pending}</a></p>`
}

function none(visit: Visit, filter: EventFilter): Html {
  const w = wordsOf(visit, words)
  const isAll = Object.values(filter).every((value) => value === undefined)
  return html`<p class="faint">${isAll ? w.none : w.noneFound}</p>`
}

/** How far a page has looked that ends before it is full. */
async function lookedBack(
  visit: Visit,
  { q }: EventFilter,
  { items, next }: ListPage<StoredEvent>,
): Promise<Html> {
  if (next === null || items.length >= LIMIT) return nothing
  const w = wordsOf(visit, words)
  const query = { order: 'newest first', cursor: next, limit: 1 } as const
  const [coming] = (await visit.context.ledger.events(query)).items
  const last = items.at(-1)
  if (!coming) return nothing
  // A search begins anew with what mentions it otherwise.
  const isAnew = q !== undefined && last && coming.acceptedAt > last.acceptedAt
  return html`<p class="faint">${isAnew ? w.mentions : html`${w.lookedBack} ${moment(coming.acceptedAt)}`}</p>`
}
