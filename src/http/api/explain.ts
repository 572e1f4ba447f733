import * as T from '@sinclair/typebox'
import { RejectedError } from '../../core/errors.ts'
import type { Event, JsonObject } from '../../core/event.ts'
import { type Explanation, explainEvent } from '../../core/explanation.ts'
import type { EventName } from '../../core/ledger.ts'
import type { Plan } from '../../core/plan.ts'
import type { ReasonWords } from '../../core/reason-words.ts'
import type { ApiContext } from './context.ts'
import * as examples from './examples.ts'
import { badRequest, oneOf, optional } from './fields.ts'
import { type Operation, operation } from './operation.ts'
import { previewsOf } from './previews.ts'
import { bodyOf } from './request.ts'
import { explanationSchema } from './schemas.ts'

const bodySchema = T.Unsafe({
  type: 'object',
  minProperties: 1,
  description:
    'A callback (v1 or v2, decrypted), `{ "event": { … }, "type": "…" }`, or the `event` object alone. Or `{ "ref": "17" }` or `{ "id": "…" }` alone: a stored event, by its `ref` or its id.',
})

export function explainOperation(context: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'POST', path: '/api/explain', id: 'explainEvent', tag: 'routes' },
      isRead: true,
      summary: 'What would become of an event, and why',
      description: 'Nothing is stored and nothing is sent.',
      query: { previews: optional(oneOf('Adds what each sink would be sent.', 'true', 'false')) },
      freeBody: {
        schema: bodySchema,
        examples: {
          callback: examples.callback,
          event: examples.payload,
          stored: { ref: '17' },
        },
      },
      answer: {
        description: 'Which routes match, and why the others do not.',
        schema: explanationSchema,
        example: examples.explanation,
      },
      problems: { 404: 'There is no such stored event.' },
    },
    async (c, { query }) => {
      const { plan, event, shown } = await explainGiven(await bodyOf(c), context)
      if (query.previews !== 'true') return c.json(shown)
      return c.json({ ...shown, previews: await previewsOf(plan, event, shown.sinks) })
    },
  )
}

/** What would become of the event that somebody hands over. Throws RejectedError: 404 for a stored one that is not there. */
export async function explainGiven(
  body: ReadonlyMap<string, unknown>,
  context: ApiContext,
  words?: ReasonWords,
) {
  const plan = context.plan()
  const { event, problems } = await givenEvent(body, context, plan)
  return { plan, event, shown: explainFor(plan, event, problems, words) }
}

interface Given {
  readonly event: Event
  /** All that is wrong with it. */
  readonly problems: readonly string[]
}

async function givenEvent(
  body: ReadonlyMap<string, unknown>,
  { ledger, readPasted }: ApiContext,
  plan: Plan,
): Promise<Given> {
  const name = storedName(body)
  if (name) {
    const stored = await ledger.event(name)
    if (!stored) throw new RejectedError(404, 'There is no such stored event.')
    return { event: stored.event, problems: plan.checkAgain(stored.event) }
  }
  if (body.size === 0) throw badRequest([{ path: '', message: 'name an event, or the ref of one' }])
  if (body.has('encrypt')) {
    throw badRequest([{ path: 'encrypt', message: 'is encrypted: decrypt the callback first' }])
  }
  const { problems, ...pasted } = readPasted(Object.fromEntries(body) as JsonObject)
  const event = { ...pasted.event, via: '' }
  return { event, problems: [...problems, ...plan.check(event)] }
}

/** Where nothing but a name is given. */
function storedName(body: ReadonlyMap<string, unknown>): EventName | undefined {
  const [[key, name] = []] = body
  if (body.size !== 1 || typeof name !== 'string') return undefined
  if (key === 'ref') return { ref: name }
  return key === 'id' ? { id: name } : undefined
}

/** For people, who may not see all of the event. `problems` are all that is wrong with it. */
export function explainFor(
  plan: Plan,
  event: Event,
  problems: readonly string[],
  words?: ReasonWords,
): Explanation {
  const shown = problems.map(plan.redact.about(event))
  return explainEvent(plan, event, shown, plan.redact.event(event), words)
}
