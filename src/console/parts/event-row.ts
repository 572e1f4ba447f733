import { html } from 'hono/html'
import type { Event } from '../../core/event.ts'
import type { DeliveryState, Outcome, StoredEvent } from '../../core/ledger.ts'
import { printable } from '../../core/printable.ts'
import type { EventNow } from '../../http/live/newest.ts'
import { type Html, nothing } from '../html.ts'
import type { Words } from '../language.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { clipped, eventField } from './event-field.ts'
import { table } from './table.ts'
import { moment, number } from './time.ts'
import { told } from './told.ts'

interface RowWords {
  readonly accepted: string
  readonly type: string
  readonly instance: string
  readonly source: string
  readonly outcome: string
  readonly count: Readonly<Record<DeliveryState, (count: string) => string>>
  readonly none: string
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
    outcome: 'Outcome',
    count: {
      dead: (count) => `${count} dead`,
      pending: (count) => `${count} pending`,
      delivered: (count) => `${count} delivered`,
    },
    none: 'no deliveries',
    quarantined: 'quarantined',
    noId: 'without an id',
    noType: 'without a type',
  },
  zh: {
    accepted: '接收时间',
    type: '事件',
    instance: '审批实例、审批定义',
    source: '来源',
    outcome: '投递结果',
    count: {
      dead: (count) => `死信 ${count}`,
      pending: (count) => `待投递 ${count}`,
      delivered: (count) => `已投递 ${count}`,
    },
    none: '无投递',
    quarantined: '已隔离',
    noId: '没有 ID',
    noType: '没有类型',
  },
}

/** Events as a table, in their order, with what has become of each by now; on a narrow screen as cards. */
export async function eventTable(visit: Visit, events: readonly StoredEvent[]): Promise<Html> {
  const w = wordsOf(visit, words)
  const outcomes = await visit.context.ledger.outcomes(events.map(({ ref }) => ref))
  const byRef = new Map(outcomes.map((one) => [one.eventRef, one]))
  const rows = events.map((stored) => {
    return eventRow(visit, { stored, outcome: byRef.get(stored.ref) })
  })
  const heads = [w.accepted, w.type, w.instance, w.source, w.outcome]
  return html`<div class="cards">${table(w.type, heads, rows)}</div>`
}

type RowVisit = Pick<Visit, 'context' | 'language'>

/** One of them, which live.js puts on top of the others. */
export function eventRow(visit: RowVisit, now: EventNow): Html {
  const { ref, event, acceptedAt } = now.stored
  const w = wordsOf(visit, words)
  const field = (name: string) => clipped(eventField(visit, event, name))
  return html`<tr id="event-${ref}" class="event">
<td>${moment(acceptedAt)}</td>
<td><a href="/console/events/${ref}">${clipped(printable(event.type)) || w.noType} ${field('operate')}</a><br><code class="faint">${clipped(printable(event.id)) || w.noId}</code></td>
<td><code>${field('instance_code')}</code><br><code class="faint">${field('approval_code')}</code></td>
<td class="source">${event.via}</td>
${outcomeCell(visit, now)}
</tr>`
}

/** The part of a row that changes, which live.js puts in its place. */
export function outcomeRow(visit: RowVisit, now: EventNow): Html {
  return html`<tr id="event-${now.stored.ref}">${outcomeCell(visit, now)}</tr>`
}

function outcomeCell(visit: RowVisit, { stored, outcome }: EventNow): Html {
  const [problem] = stored.problems
  const more = problem === undefined ? nothing : problemOf(visit, stored.event, problem)
  const badges = problem === undefined ? badgesOf(visit, outcome) : [quarantined(visit)]
  return html`<td><a class="outcome" href="/console/events/${stored.ref}#outcome">${badges}</a>${more}</td>`
}

/** The worst first. */
const KINDS = { dead: 'bad', pending: 'warn', delivered: 'good' } as const
const STATES = ['dead', 'pending', 'delivered'] as const

function badgesOf(visit: RowVisit, outcome: Outcome | undefined): readonly Html[] {
  const w = wordsOf(visit, words)
  if (!outcome) return [html`<span class="badge">${w.none}</span>`]
  return STATES.filter((state) => outcome[state] > 0).map((state) => {
    const count = number(outcome[state], visit.language)
    return html`<span class="badge ${KINDS[state]}">${w.count[state](count)}</span> `
  })
}

function quarantined(visit: RowVisit): Html {
  return html`<span class="badge bad">${wordsOf(visit, words).quarantined}</span>`
}

const MOST_OF_PROBLEM = 120

function problemOf(visit: RowVisit, event: Event, problem: string): Html {
  const shown = told(visit.context.plan().redact.about(event)(problem), visit.language)
  return html`<small>${clipped(printable(shown), MOST_OF_PROBLEM)}</small>`
}
