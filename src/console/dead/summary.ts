import { html } from 'hono/html'
import type { Ledger, StoredDelivery } from '../../core/ledger.ts'
import { type Html, nothing } from '../html.ts'
import { figures, table } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import { type DeadFilter, deadPage } from './filter.ts'
import { type Kind, kindsOf } from './kinds.ts'
import { shownReason } from './shown-reason.ts'
import { words } from './words.ts'

/** How many of the newest are looked at. */
const NEWEST = 1000
const AT_ONCE = 500
const KINDS_SHOWN = 12

/** What they died of, by sink: of the newest ones alone, however many there are. */
export async function summary(visit: Visit, filter: DeadFilter): Promise<Html> {
  const w = wordsOf(visit, words)
  const { items, hasMore } = await newest(visit.context.ledger, filter)
  if (items.length === 0) return nothing
  const count = number(items.length, visit.language)
  const kinds = kindsOf(items)
  const [shown, others] = [kinds.slice(0, KINDS_SHOWN), kinds.slice(KINDS_SHOWN)]
  const rows = await Promise.all(shown.map((kind) => row(visit, filter, kind)))
  const rest = number(
    others.reduce((sum, kind) => sum + kind.count, 0),
    visit.language,
  )
  const isAdmin = visit.session.role === 'admin'
  const heads = [figures(w.count), w.sink, w.reason, w.last]
  return html`<h2>${w.bySink}</h2>
<p class="faint">${hasMore ? w.newest(count) : w.all(count)}</p>
${table(w.bySink, isAdmin ? [...heads, w.retry] : heads, rows)}
${others.length === 0 ? nothing : html`<p class="faint">${w.otherKinds(number(others.length, visit.language), rest)}</p>`}`
}

async function newest(
  ledger: Ledger,
  filter: DeadFilter,
): Promise<{ readonly items: readonly StoredDelivery[]; readonly hasMore: boolean }> {
  const items: StoredDelivery[] = []
  let cursor: string | undefined
  // Pages may be short: it ends where it has asked often enough.
  for (let asked = 0; asked < NEWEST / AT_ONCE; asked++) {
    const page = await deadPage(ledger, filter, { cursor, limit: AT_ONCE })
    items.push(...page.items)
    if (page.next === null) return { items, hasMore: false }
    cursor = page.next
  }
  return { items, hasMore: true }
}

async function row(visit: Visit, filter: DeadFilter, kind: Kind): Promise<Html> {
  const { sink, code, sample, diedAt, count } = kind
  const w = wordsOf(visit, words)
  const shownCount = number(count, visit.language)
  const isAdmin = visit.session.role === 'admin'
  const ofKind = { ...filter, sink, reason: code }
  const retryKind = html`<td><a href="${href('/console/dead/retry', ofKind)}" aria-label="${w.retryKind(shownCount, sink)}">${w.retryThese}</a></td>`
  return html`<tr>
<td class="number">${shownCount}</td>
<td><a href="${href('/console/dead', { ...filter, sink })}">${sink}</a></td>
<td><a href="${href('/console/dead', ofKind)}">${await shownReason(visit, sample)}</a></td>
<td>${moment(diedAt)}</td>
${isAdmin ? retryKind : nothing}
</tr>`
}
