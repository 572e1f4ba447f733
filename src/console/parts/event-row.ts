import { html } from 'hono/html'
import type { Event } from '../../core/event.ts'
import type { StoredEvent } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import type { Html } from '../html.ts'
import type { Words } from '../language.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { clipped, eventField } from './event-field.ts'
import { table } from './table.ts'
import { moment } from './time.ts'

interface RowWords {
  readonly accepted: string
  readonly type: string
  readonly instance: string
  readonly source: string
  readonly state: string
  readonly ok: string
  readonly quarantined: string
  readonly noId: string
  readonly noType: string
}

const words: Words<RowWords> = {
  en: {
    accepted: 'Accepted',
    type: 'Event',
    instance: 'Instance, approval',
    source: 'Source',
    state: 'State',
    ok: 'accepted',
    quarantined: 'quarantined',
    noId: 'without an id',
    noType: 'without a type',
  },
  zh: {
    accepted: '接收时间',
    type: '事件',
    instance: '审批实例、审批定义',
    source: '来源',
    state: '状态',
    ok: '已接收',
    quarantined: '已隔离',
    noId: '没有 ID',
    noType: '没有类型',
  },
}

/** Events as a table, newest first. */
export function eventTable(visit: Visit, events: readonly StoredEvent[]): Html {
  const w = wordsOf(visit, words)
  const heads = [w.accepted, w.type, w.instance, w.source, w.state]
  return table(
    w.type,
    heads,
    events.map((event) => eventRow(visit, event)),
  )
}

/** One of them, which live.js puts on top of the others. */
export function eventRow(visit: Pick<Visit, 'context' | 'language'>, stored: StoredEvent): Html {
  const { ref, event, acceptedAt, problems } = stored
  const w = wordsOf(visit, words)
  const [problem] = problems
  const field = (name: string) => clipped(eventField(visit, event, name))
  return html`<tr id="event-${ref}" class="event">
<td>${moment(acceptedAt)}</td>
<td><a href="/console/events/${ref}">${clipped(printable(event.type)) || w.noType} ${field('operate')}</a><br><code class="faint">${clipped(printable(event.id)) || w.noId}</code></td>
<td><code>${field('instance_code')}</code><br><code class="faint">${field('approval_code')}</code></td>
<td>${event.via}</td>
<td>${problem === undefined ? html`<span class="badge">${w.ok}</span>` : quarantined(visit, event, problem)}</td>
</tr>`
}

const MOST_OF_PROBLEM = 120

function quarantined(
  visit: Pick<Visit, 'context' | 'language'>,
  event: Event,
  problem: string,
): Html {
  const shown = visit.context.plan().redact.about(event)(problem)
  return html`<span class="badge bad">${wordsOf(visit, words).quarantined}</span><small>${clipped(printable(shown), MOST_OF_PROBLEM)}</small>`
}
