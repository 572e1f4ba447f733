import { html } from 'hono/html'
import type { JsonObject } from '../../core/event.ts'
import type { AuditEntry } from '../../core/ledger.ts'
import { pageOf } from '../../http/api/page.ts'
import type { Html } from '../html.ts'
import { pageLinks } from '../parts/page-links.ts'
import { table } from '../parts/table.ts'
import { moment } from '../parts/time.ts'
import { yamlOf } from '../parts/yaml.ts'
import { type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

const SHOWN = 50

/** Who did what, and what came of it. */
export const audit: PageAt = {
  path: '/console/audit',
  async get(visit) {
    const { context } = visit
    const w = wordsOf(visit, words)
    const query = { limit: SHOWN, cursor: param(visit, 'cursor') }
    const { items, next } = await pageOf(context.ledger.audit(query), (entry) => entry)
    const heads = [w.at, w.who, w.what, w.request, w.outcome]
    const rows = items.map((entry) => row(visit, entry))
    const list = rows.length > 0 ? table(w.auditTitle, heads, rows) : html`<p>${w.nobody}</p>`
    return {
      title: w.auditTitle,
      section: 'problems',
      body: html`<p class="faint">${w.auditOf}</p>
${list}
${pageLinks(visit, '/console/audit', next)}`,
    }
  },
}

function row(visit: Visit, { at, actor, action, request, outcome }: AuditEntry): Html {
  const w = wordsOf(visit, words)
  return html`<tr>
<td>${moment(at)}</td>
<td>${actor}</td>
<td>${w.actions[action]}</td>
<td>${data(request)}</td>
<td>${outcome === null ? html`<span class="faint">${w.underWay}</span>` : data(outcome)}</td>
</tr>`
}

function data(value: JsonObject): Html {
  return Object.keys(value).length === 0
    ? html`<span class="faint">–</span>`
    : html`<code class="yaml">${yamlOf(value)}</code>`
}
