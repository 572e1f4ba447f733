import { html } from 'hono/html'
import { type Html, nothing } from '../html.ts'
import { SINK_STATES, type SinkView, stateOf, stateWord } from '../parts/sink-state.ts'
import { number } from '../parts/time.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { words } from './words.ts'

/** What somebody should look at, each with the way to it; nothing where all is well. */
export function attention(visit: Visit, sinks: readonly SinkView[]): Html {
  const { language, context } = visit
  const w = wordsOf(visit, words)
  const links = SINK_STATES.flatMap((state) => {
    const own = state === 'fine' ? [] : sinks.filter((sink) => stateOf(sink) === state)
    const [first] = own
    if (!first) return []
    const to =
      own.length === 1 ? `/console/sinks/${encodeURIComponent(first.name)}` : '/console/sinks'
    return html`<a href="${to}">${w.inState(number(own.length, language), stateWord(state, language))}</a>`
  })
  if (context.recent.lastReload()?.result === 'rejected')
    links.push(html`<a href="/console/problems">${w.configRejected}</a>`)
  if (links.length === 0) return nothing
  const list = links.map((link, at) => html`${at === 0 ? '' : w.comma}${link}`)
  return html`<p class="notice warn"><strong>${w.attention}</strong> ${list}</p>`
}
