import { isSubscribedFor } from '../../config/check/approvals.ts'
import type { Config } from '../../config/config.ts'
import type { LiveSource } from '../../core/plan.ts'
import type { Subscription } from '../../core/plugin.ts'
import type { Runtime } from '../../core/runtime.ts'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import { concealed, type Part, partsOf, shownCode, subscribeAll } from '../approvals.ts'
import type { Answer, PlacedAnswer } from './probe.ts'

const UNSEEN: Answer = {
  result: 'unasked',
  message:
    'subscribes to no approval, and Feishu sends an approval’s events only to apps that have: the first reason why nothing arrives. Set subscribe: true, with app_id and app_secret, or see to it elsewhere',
}

/** What there is to say of a source that takes the events of approvals, and for whose app nobody subscribes. */
export function hintAt({ name, accepts }: LiveSource, { sources }: Config): readonly Answer[] {
  const source = sources.find((config) => config.name === name)
  if (source && isSubscribedFor(source, sources)) return []
  // Those that have schemas are the events of approvals.
  return Object.keys(eventSchemas).some((type) => accepts(type)) ? [UNSEEN] : []
}

/** One for each approval that the sources with subscribe: true see to. At Feishu's pace, and shows how far it is. */
export async function* askSubscriptions(
  config: Config,
  runtime: Runtime,
): AsyncGenerator<PlacedAnswer> {
  const parts = partsOf(config).filter(({ source }) => source.options.subscribe === true)
  for await (const { part, results } of subscribeAll(parts, runtime)) {
    const path = `sources.${part.source.name}`
    for (const result of results) yield { path, ...answerOf(result, part, config) }
  }
}

function answerOf(
  { code, state, message }: Subscription,
  { source, wanted }: Part,
  config: Config,
): Answer {
  const approval = `approval ${shownCode(code, config)}`
  if (state === 'subscribed') return { result: 'ok', message: `${approval}: subscribed now` }
  if (state === 'already subscribed') return { result: 'ok', message: `${approval}: ${state}` }
  const places = wanted.find((one) => one.code === code)?.places ?? []
  const said = [`${approval}: ${state}`, concealed(message, source, config), ...places]
  return { result: 'wrong', message: said.filter((part) => part !== '').join('; ') }
}
