import { html } from 'hono/html'
import { RejectedError } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'
import { indentJson } from '../../core/indent-json.ts'
import * as examples from '../../http/api/examples.ts'
import { explainGiven } from '../../http/api/explain.ts'
import type { Html } from '../html.ts'
import { reasonWords } from '../parts/reason-words.ts'
import { told } from '../parts/told.ts'
import { type Visit, wordsOf } from '../visit.ts'
import { faultIn } from './json-fault.ts'
import { words } from './words.ts'

export type Explained = Awaited<ReturnType<typeof explainGiven>>

/** An event in the box, and what came of trying it. */
export interface Trial {
  readonly text: string
  /** What there is to say of it; empty where there is nothing. */
  readonly note: string
  readonly fault?: Html
  readonly explained?: Explained
}

export const untried: Trial = { text: '', note: '' }

/** An event to begin with; it has not been tried yet. */
export function exampleTrial(visit: Visit, note: 'exampleIs' | 'empty'): Trial {
  const text = JSON.stringify(examples.callback, null, 2)
  return { text, note: wordsOf(visit, words)[note] }
}

export async function storedTrial(visit: Visit, ref: string): Promise<Trial> {
  const w = wordsOf(visit, words)
  const explained = await explain(visit, { ref })
  const { redact } = explained.plan
  const shown = redact.json(explained.event.raw)
  const hidden = shown === explained.event.raw ? '' : ` ${w.hidden}`
  return { text: [...indentJson(shown)].join('\n'), note: `${w.stored}${hidden}`, explained }
}

/** What somebody has typed. */
export async function givenTrial(visit: Visit, typed: string): Promise<Trial> {
  const w = wordsOf(visit, words)
  // A form's lines end as those of a letter do.
  const text = typed.replaceAll('\r\n', '\n')
  const found = faultIn(text)
  const fail = (fault: Html): Trial => {
    visit.c.status(400)
    return { text, note: '', fault }
  }
  if (found) {
    const { line, column, excerpt } = found
    return fail(html`<p>${w.notJson(line, column)}</p><pre class="exact">${excerpt}</pre>`)
  }
  const value: unknown = JSON.parse(text)
  if (!isObject(value)) return fail(html`<p>${w.notObject}</p>`)
  try {
    return { text, note: '', explained: await explain(visit, value) }
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error
    return fail(html`<p>${w.cannot} ${told(error.message, visit.language)}</p>`)
  }
}

function explain(visit: Visit, given: JsonObject): Promise<Explained> {
  const say = wordsOf(visit, reasonWords)
  return explainGiven(new Map(Object.entries(given)), visit.context, say)
}
