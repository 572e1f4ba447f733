import { html } from 'hono/html'
import { type Replayed, type Replaying, replay } from '../../core/operations/replay.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { inTime, operatorOf, type Part } from '../operator.ts'
import { sinkState } from '../parts/sink-state.ts'
import { figures, table } from '../parts/table.ts'
import { moment, number } from '../parts/time.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { type Asked, PATH, paramsOf } from './asked.ts'
import { latestEntry } from './seen.ts'
import { words } from './words.ts'

/** `reached` is there where time was over. */
type Reached = Replayed & Partial<Pick<Replaying, 'reached'>>

/** Counts, or does, as much as the time allows. Throws ConfigError where it is asked for what there is not. */
export function replayed(
  visit: Visit,
  asked: Asked,
  { dryRun, mostMs }: { readonly dryRun: boolean; readonly mostMs: number },
): Promise<Part<Reached>> {
  const operator = { ...operatorOf(visit), routing: visit.context.plan() }
  return inTime<Reached>(visit.context, mostMs, (report, signal) =>
    replay({ ...operator, signal }, { ...asked, dryRun }, report),
  )
}

const COUNTING_MS = 3000
const NONE: Reached = { events: 0, cleared: 0, owed: 0, sinks: {} }

/** What would come of it, and the button that does it. */
export async function count(visit: Visit, asked: Asked): Promise<Html> {
  const w = wordsOf(visit, words)
  const seen = await latestEntry(visit)
  const { done = NONE, more } = await replayed(visit, asked, { dryRun: true, mostMs: COUNTING_MS })
  const isPart = asked.sink !== undefined || asked.route !== undefined
  const hasWork = more || done.owed + done.cleared > 0
  return html`<h2 id="count">${w.counted}</h2>
<p>${w.accepted} ${moment(asked.since)} – ${moment(asked.until)}</p>
${more ? html`<p class="notice warn">${w.countedTo} ${moment(done.reached ?? asked.since)}. ${w.atLeast}</p>` : nothing}
${tiles(visit, done)}
${isPart && done.cleared > 0 ? html`<p class="warn">${w.clearedFor}</p>` : nothing}
${done.owed === 0 ? nothing : await bySink(visit, done)}
${hasWork ? doIt(visit, asked, seen) : html`<p>${asked.resend ? w.nothing : w.nothingMissing}</p>`}`
}

function tiles(visit: Visit, { events, cleared, owed }: Replayed): Html {
  const w = wordsOf(visit, words)
  const facts = [
    [w.events, events],
    [w.cleared, cleared],
    [w.owed, owed],
  ] as const
  return html`<dl class="tiles">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${number(value, visit.language)}</dd></div>`)}</dl>`
}

/** A sink that is paused is sent it later: its state is there to see. */
async function bySink(visit: Visit, { sinks }: Replayed): Promise<Html> {
  const w = wordsOf(visit, words)
  const views = await sinksOf(visit.context)
  const most = Object.entries(sinks).toSorted(([, a], [, b]) => b - a)
  const rows = most.map(([name, owed]) => {
    const view = views.find((one) => one.name === name)
    return html`<tr>
<th scope="row"><a href="/console/sinks/${encodeURIComponent(name)}">${name}</a></th>
<td class="number">${number(owed, visit.language)}</td>
<td>${view ? sinkState(view, visit.language) : nothing}</td>
</tr>`
  })
  return table(w.bySink, [w.sink, figures(w.owed), w.state], rows)
}

function doIt(visit: Visit, asked: Asked, seen: string): Html {
  const w = wordsOf(visit, words)
  const fields = Object.entries({ ...paramsOf(asked), seen })
  const given = fields.filter(([, value]) => value !== undefined)
  return html`<form method="post" action="${PATH}">${csrfField(visit)}
${given.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p>${asked.resend ? w.meansResend : w.means}</p>
<p class="buttons"><button class="main">${w.submit}</button> <a class="quiet" href="${PATH}">${w.cancel}</a></p>
</form>`
}
