import { html } from 'hono/html'
import { type Html, nothing } from '../html.ts'
import { type Cell, cards } from '../parts/cards.ts'
import { figures } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { told } from '../parts/told.ts'
import { href, type Visit, wordsOf } from '../visit.ts'
import { deathOf } from './death.ts'
import type { DeadFilter } from './filter.ts'
import { type Kind, kindsOf, withoutCount } from './kinds.ts'
import { samplesOf } from './sample.ts'
import { words } from './words.ts'

const KINDS_SHOWN = 12
const KINDS_FOLDED = 25

/** What they died of, by sink: of the newest of each of these sinks alone, however many it has. */
export async function summary(
  visit: Visit,
  filter: DeadFilter,
  sinks: readonly string[],
): Promise<Html> {
  const w = wordsOf(visit, words)
  const { each, samples } = await samplesOf(visit.context.ledger, filter, sinks)
  const kinds = samples.flatMap(kindsOf).toSorted((a, b) => b.count - a.count)
  if (kinds.length === 0) return nothing
  const hasMore = samples.some((sample) => sample.hasMore)
  const first = kinds.slice(0, KINDS_SHOWN)
  return html`<h2>${w.bySink}</h2>
${hasMore ? html`<p class="faint">${w.newest(number(each, visit.language))}</p>` : nothing}
${await kindTable(visit, filter, w.bySink, first)}
${await folded(visit, filter, kinds.slice(KINDS_SHOWN))}`
}

async function folded(visit: Visit, filter: DeadFilter, kinds: readonly Kind[]): Promise<Html> {
  const w = wordsOf(visit, words)
  if (kinds.length === 0) return nothing
  const count = kinds.reduce((sum, kind) => sum + kind.count, 0)
  const [some, rest] = [kinds.slice(0, KINDS_FOLDED), kinds.length - KINDS_FOLDED]
  const title = w.moreKinds(number(kinds.length, visit.language), number(count, visit.language))
  return html`<details><summary>${title}</summary>
${await kindTable(visit, filter, title, some)}
${rest > 0 ? html`<p class="faint">${w.notListed(number(rest, visit.language))}</p>` : nothing}
</details>`
}

async function kindTable(
  visit: Visit,
  filter: DeadFilter,
  label: string,
  kinds: readonly Kind[],
): Promise<Html> {
  const w = wordsOf(visit, words)
  const isAdmin = visit.session.role === 'admin'
  const columns = [figures(w.count), w.sink, { head: w.reason, kind: 'wide' } as const, w.last]
  const rows = await Promise.all(kinds.map((kind) => cellsOf(visit, filter, kind)))
  return cards(label, isAdmin ? [...columns, { head: w.retry, kind: 'short' }] : columns, rows)
}

async function cellsOf(visit: Visit, filter: DeadFilter, kind: Kind): Promise<readonly Cell[]> {
  const { sink, code, sample, diedAt, count, hasMore } = kind
  const { ledger } = visit.context
  const w = wordsOf(visit, words)
  const event = await ledger.event({ ref: sample.eventRef })
  const { reason, said } = deathOf(visit, sample, event)
  const shownReason = told(withoutCount(reason), visit.language)
  const shownCount = `${hasMore ? '≥ ' : ''}${number(count, visit.language)}`
  const ofKind = { ...filter, sink, reason: code }
  const cells = [
    shownCount,
    html`<a href="${href('/console/dead', { ...filter, sink })}">${sink}</a>`,
    html`<a href="${href('/console/dead', ofKind)}">${shownReason}</a>${said === '' ? nothing : html`<small class="said">${said}</small>`}`,
    moment(diedAt),
  ]
  if (visit.session.role !== 'admin') return cells
  const label = w.retryKind(shownCount, sink, shownReason)
  const to = href('/console/dead/retry', ofKind)
  return [...cells, html`<a href="${to}" aria-label="${label}">${w.retryThese(shownCount)}</a>`]
}
