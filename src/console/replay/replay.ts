import { html } from 'hono/html'
import { ConfigError } from '../../core/errors.ts'
import { timestampOf } from '../../core/operations/operation.ts'
import { type Html, nothing } from '../html.ts'
import { moment, number } from '../parts/time.ts'
import { timeParam } from '../parts/time-field.ts'
import { href, type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { askedOf, countHref, type Given, PATH, paramsOf } from './asked.ts'
import { count, replayed } from './count.ts'
import { askingForm } from './form.ts'
import { isAsCounted } from './seen.ts'
import { words } from './words.ts'

/** What one request does of it. */
const REPLAYING_MS = 10_000

/** Puts the events of a time through the routes as they are now; what that would owe is shown before. */
export const replayEvents: PageAt = {
  path: PATH,
  adminsOnly: true,
  async get(visit) {
    const w = wordsOf(visit, words)
    const { wrong = nothing, counted = nothing } = await counting(visit)
    return {
      title: w.title,
      section: 'routes',
      body: html`${notice(visit)}
<p>${w.what}</p>
${wrong}
${askingForm(visit)}
${counted}`,
    }
  },
  async post(visit) {
    try {
      return visit.c.redirect(await work(visit), 303)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return visit.c.redirect(countHref(inForm(visit)), 303)
    }
  },
}

function inForm({ form }: Visit): Given {
  return (name) => form.get(name) || undefined
}

/** Does it, and says where there is to see what came of it. */
async function work(visit: Visit): Promise<string> {
  const given = inForm(visit)
  if (!(await isAsCounted(visit))) return countHref(given, { done: 'changed' })
  const asked = askedOf(given, visit.context.runtime.now())
  const { done, more } = await replayed(visit, asked, { dryRun: false, mostMs: REPLAYING_MS })
  visit.context.wake()
  const { events = 0, cleared = 0, owed = 0, reached = timestampOf(asked.since) } = done ?? {}
  const figures = { events: String(events), cleared: String(cleared), owed: String(owed) }
  const said = { done: 'replayed', ...figures }
  if (more) return countHref(given, { ...said, since: reached, more: '1' })
  return href(PATH, { ...paramsOf(asked), ...said })
}

/** What would come of it, or what is wrong with what is asked for; neither where nothing is. */
async function counting(visit: Visit): Promise<{ readonly counted?: Html; readonly wrong?: Html }> {
  if (param(visit, 'count') === undefined) return {}
  try {
    const given: Given = (name) => param(visit, name)
    return { counted: await count(visit, askedOf(given, visit.context.runtime.now())) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { wrong } = wordsOf(visit, words)
    visit.c.status(400)
    const said = error.problems.map(({ path, message }) => html`<p>${wrong[path] ?? message}</p>`)
    return { wrong: html`<div class="notice bad" role="alert">${said}</div>` }
  }
}

function notice(visit: Visit): Html {
  const w = wordsOf(visit, words)
  const done = param(visit, 'done')
  if (done === 'changed') return html`<p class="notice warn" role="status">${w.changed}</p>`
  if (done !== 'replayed') return nothing
  const shown = (name: string) => number(Number(param(visit, name)) || 0, visit.language)
  const reached = timeParam(param(visit, 'since'))
  const goOn = html` ${w.cameTo} ${moment(reached ?? null)}. ${w.goOn}`
  return html`<p class="notice" role="status">${w.done(shown('owed'), shown('events'), shown('cleared'))}${param(visit, 'more') ? goOn : nothing} <a href="/console/audit">${w.audit}</a></p>`
}
