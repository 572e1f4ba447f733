import * as T from '@sinclair/typebox'
import { ConfigError, DeliveryError, messageOf, type Problem } from '../core/errors.ts'
import { type Event, matchView } from '../core/event.ts'
import { bodyOf, dataText, type Format } from './format.ts'

export const transformOption = T.Optional(
  T.String({
    minLength: 1,
    maxLength: 16_384,
    description:
      'A JSONata expression over what match sees. What it gives stands in place of data: with format data it is the body.',
    examples: ['{ "instance": instance_code, "who": user_id }'],
  }),
)

/** What a sink sends, as its options say it. */
export interface Content {
  readonly format?: Format
  readonly transform?: string
}

/** Only here, and of routes that have a transform, is JSONata loaded. */
const load = {
  mistakes: () => import('./transform/mistakes.ts'),
  expression: () => import('./transform/expression.ts'),
}

/** What is wrong with `transform`. */
export async function transformProblems(content: Content): Promise<Problem[]> {
  const { format = 'feishu', transform } = content
  if (transform === undefined) return []
  const { mistakesIn } = await load.mistakes()
  const messages = [...mistakesIn(transform)]
  if (format === 'feishu') {
    messages.push(
      'does not go with format feishu, which is what Feishu sent: set format to data, cloudevents or cloudevents-binary',
    )
  }
  return messages.map((message) => ({ path: 'transform', message }))
}

/** An event's data, as JSON text: its own, or what the transform makes of it. */
export type DataOf = (event: Event) => string | Promise<string>

/** Rejects a delivery for good where the transform fails: it would again. What the event holds is not in the reason. */
export async function openData({ transform }: Content): Promise<DataOf> {
  if (transform === undefined) return dataText
  const dataOf = await openTransform(transform, 'conceal values')
  return async (event) => {
    try {
      return await dataOf(event)
    } catch (error) {
      const message = `${messageOf(error)}; mend the transform, then retry`
      throw new DeliveryError(message, { permanent: true })
    }
  }
}

/** Rejects with the reason alone. */
async function openTransform(
  transform: string,
  reason: 'conceal values' | 'show values',
): Promise<DataOf> {
  const [{ compileExpression }, { failureOf, wordsOf }] = await Promise.all([
    load.expression(),
    import('./transform/words.ts'),
  ])
  const evaluate = await compileExpression(transform).catch((error) => {
    const message = `is no JSONata: ${wordsOf(error, transform)}`
    throw new ConfigError([{ path: 'transform', message }])
  })
  return async (event) => {
    try {
      // JSONata writes to what it reads, and others get the event too.
      return await evaluate(structuredClone(matchView(event)), event)
    } catch (error) {
      throw new Error(`its transform ${failureOf(error, transform, reason === 'show values')}`)
    }
  }
}

/** The body that a receiver is sent, before it is encrypted; no token is in it. */
export async function previewOf(event: Event, content: Content): Promise<string> {
  const { format = 'feishu', transform } = content
  if (format === 'feishu' || transform === undefined) return bodyOf(event, format)
  const dataOf = await openTransform(transform, 'show values')
  return bodyOf(event, format, await dataOf(event))
}
