import { html } from 'hono/html'
import type { Backlog } from '../../core/ledger.ts'
import { type Html, nothing } from '../html.ts'
import { number } from '../parts/time.ts'
import { timeField } from '../parts/time-field.ts'
import { href, type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { type DeadFilter, filterOf } from './filter.ts'
import { list } from './list.ts'
import { summary } from './summary.ts'
import { words } from './words.ts'

/** What was given up, what it died of, and the way to owe it again. */
export const dead: PageAt = {
  path: '/console/dead',
  async get(visit) {
    const w = wordsOf(visit, words)
    const filter = filterOf((name) => param(visit, name))
    const owed = await visit.context.ledger.backlog()
    const total = owed.reduce((sum, one) => sum + one.dead, 0)
    const isFirst = param(visit, 'cursor') === undefined
    const isAll = Object.values(filter).every((value) => value === undefined)
    const most = owed.filter((one) => one.dead > 0).toSorted((a, b) => b.dead - a.dead)
    const names = most.map(({ sink }) => sink)
    const looked = filter.sink === undefined ? names : [filter.sink]
    const none = total === 0 && isAll
    return {
      title: w.title,
      section: 'dead',
      body: html`${notice(visit)}
<p>${w.what} ${none ? nothing : w.total(number(total, visit.language))}</p>
${
  none
    ? html`<p class="faint">${w.none}</p>`
    : html`${counts(visit, most)}
${filterForm(visit, filter, names)}
${isFirst && filter.reason === undefined ? summary(visit, filter, looked) : nothing}
<h2>${w.list}</h2>
${list(visit, filter)}`
}`,
    }
  },
}

function notice(visit: Visit): Html {
  const w = wordsOf(visit, words)
  if (param(visit, 'done') === undefined) return nothing
  const count = Number(param(visit, 'count')) || 0
  const more = param(visit, 'more') ? ` ${w.goOn}` : ''
  const text = count > 0 ? `${w.done(number(count, visit.language))}${more}` : w.noneDone
  return html`<p class="notice${count > 0 ? '' : ' warn'}" role="status">${text}</p>`
}

/** How many each sink has, whatever the filter. */
function counts(visit: Visit, most: readonly Backlog[]): Html {
  return html`<ul class="names">${most.map(
    ({ sink, dead }) =>
      html`<li><a href="${href('/console/dead', { sink })}">${sink}: ${number(dead, visit.language)}</a></li>`,
  )}</ul>`
}

function filterForm(visit: Visit, filter: DeadFilter, sinks: readonly string[]): Html {
  const w = wordsOf(visit, words)
  const { sink, reason } = filter
  const names = [...new Set([...(sink === undefined ? [] : [sink]), ...sinks])]
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const option = (name: string) =>
    html`<option value="${name}"${name === sink ? html` selected` : nothing}>${name}</option>`
  return html`<form class="filter" action="/console/dead" aria-label="${w.filter}">
<label>${w.sink}<select name="sink"><option value="">${w.anySink}</option>${names.map(option)}</select></label>
${timeField(visit, 'since', w.since)}
${timeField(visit, 'until', w.until)}
${reason === undefined ? nothing : html`<input type="hidden" name="reason" value="${reason}">`}
<button>${w.show}</button>
${isFiltered ? html`<a class="quiet" href="${href('/console/dead', {})}">${w.clear}</a>` : nothing}
</form>`
}
