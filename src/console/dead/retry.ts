import { html } from 'hono/html'
import { type Retried, retryDead } from '../../core/operations/retry-dead.ts'
import { sinksOf } from '../../http/api/sinks.ts'
import { type Html, nothing } from '../html.ts'
import { csrfField } from '../layout.ts'
import { inTime, operatorOf, type Part } from '../operator.ts'
import { number } from '../parts/time.ts'
import { href, type PageAt, param, type Visit, wordsOf } from '../visit.ts'
import { type DeadFilter, deadPage, deliveriesOf, filterOf, isOf, listed } from './filter.ts'
import { filterFields } from './list.ts'
import { shownReason } from './shown-reason.ts'
import { words } from './words.ts'

/** How long is counted, and how long is looked for those of a reason and worked, before somebody has an answer. */
const COUNTING_MS = 3000
const FINDING_MS = 5_000
const RETRYING_MS = 10_000

/** Asks before all that match are owed again; owes some or all of them again. */
export const retry: PageAt = {
  path: '/console/dead/retry',
  adminsOnly: true,
  async get(visit) {
    const w = wordsOf(visit, words).confirm
    const filter = filterOf((name) => param(visit, name))
    const body = await confirmation(visit, filter)
    return { title: w.title, section: 'dead', body }
  },
  async post(visit) {
    const { c, context, form } = visit
    const filter = filterOf((name) => form.get(name))
    const isAll = form.get('all') === '1'
    const { done, more } = isAll ? await retryAll(visit, filter) : await retryChosen(visit)
    context.wake()
    const count = String(done?.retried ?? 0)
    const to = { ...filter, done: 'retried', count, more: more ? '1' : undefined }
    return c.redirect(href('/console/dead', to), 303)
  },
}

/** The one whose button was pressed, or those that were chosen. */
async function retryChosen(visit: Visit): Promise<Part<Retried>> {
  const only = visit.form.get('only')
  const chosen = [...visit.form.keys()].flatMap((name) => /^id\.(.+)$/.exec(name)?.[1] ?? [])
  const ids = only === undefined ? chosen : [only]
  if (ids.length === 0) return { done: { retried: 0 }, more: false }
  const request = { selection: { ids }, dryRun: false }
  return { done: await retryDead(operatorOf(visit), request), more: false }
}

async function retryAll(visit: Visit, filter: DeadFilter): Promise<Part<Retried>> {
  const found = filter.reason === undefined ? undefined : await idsOf(visit, filter, FINDING_MS)
  if (found?.done?.length === 0) return { done: { retried: 0 }, more: found.more }
  const selection = found ? { ids: found.done ?? [] } : { filter: deliveriesOf(filter) }
  const part = await inTime<Retried>(visit.context, RETRYING_MS, (report, signal) =>
    retryDead({ ...operatorOf(visit), signal }, { selection, dryRun: false }, report),
  )
  return { ...part, more: part.more || found?.more === true }
}

const AT_ONCE = 500

/** Those of the filter's reason, which the store does not know, in the time that there is. */
function idsOf(visit: Visit, filter: DeadFilter, mostMs: number): Promise<Part<readonly string[]>> {
  return inTime<readonly string[]>(visit.context, mostMs, async (report, signal) => {
    const ids: string[] = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      signal.throwIfAborted()
      const page = await deadPage(visit.context.ledger, filter, { cursor, limit: AT_ONCE })
      ids.push(...page.items.filter((one) => isOf(filter, one)).map(({ id }) => id))
      report(ids)
      cursor = page.next
    }
    return ids
  })
}

/** The store knows how many each sink has; all else is counted as far as there is time. */
async function count(visit: Visit, filter: DeadFilter): Promise<Part<number>> {
  const { sink, reason, since, until } = filter
  if (reason === undefined && since === undefined && until === undefined) {
    const all = await visit.context.ledger.backlog()
    const own = all.filter((one) => sink === undefined || one.sink === sink)
    return { done: own.reduce((sum, { dead }) => sum + dead, 0), more: false }
  }
  if (reason !== undefined) {
    const { done = [], more } = await idsOf(visit, filter, COUNTING_MS)
    return { done: done.length, more }
  }
  const request = { selection: { filter: deliveriesOf(filter) }, dryRun: true }
  const { done, more } = await inTime<Retried>(visit.context, COUNTING_MS, (report, signal) =>
    retryDead({ ...operatorOf(visit), signal }, request, report),
  )
  return { done: done?.retried ?? 0, more }
}

async function confirmation(visit: Visit, filter: DeadFilter): Promise<Html> {
  const w = wordsOf(visit, words)
  const { done = 0, more } = await count(visit, filter)
  const back = href('/console/dead', { ...filter })
  if (done === 0 && !more)
    return html`<p>${w.confirm.nothing} <a href="${back}">${w.confirm.cancel}</a></p>`
  const shown = number(done, visit.language)
  const sinks = await sinksOf(visit.context)
  const [sample] = filter.reason
    ? (await listed(visit.context.ledger, filter, undefined)).items
    : []
  const paused = sinks.find(({ name, paused }) => name === filter.sink && paused)
  return html`<p><strong>${more ? w.confirm.atLeast(shown) : w.confirm.some(shown)}</strong>${w.confirm.to} ${filter.sink ?? w.confirm.everySink}.</p>
${sample ? html`<p>${w.onlyReason} <strong>${await shownReason(visit, sample)}</strong></p>` : nothing}
<p>${w.means}</p>
${paused ? html`<p class="warn">${w.confirm.paused(paused.name)}</p>` : nothing}
<form method="post" class="confirm">${csrfField(visit)}${filterFields(filter)}<input type="hidden" name="all" value="1">
<p><button class="main">${w.confirm.submit}</button> <a class="quiet" href="${back}">${w.confirm.cancel}</a></p>
</form>`
}
