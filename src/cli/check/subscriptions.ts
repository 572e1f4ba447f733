import type { LiveSource } from '../../core/plan.ts'
import type { Subscription, WantedApproval } from '../../core/plugin.ts'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import type { Answer } from './probe.ts'

const UNSEEN: Answer = {
  result: 'unasked',
  message:
    'subscribes to no approval, and Feishu sends an approval’s events only to apps that have: the first reason why nothing arrives. Set subscribe: true, with app_id and app_secret, or see to it elsewhere',
}

/** One for each approval that routes want of a source. One that brings no approvals has nothing to answer. */
export async function askSubscriptions(
  { source, accepts }: LiveSource,
  approvals: readonly WantedApproval[],
): Promise<readonly Answer[]> {
  if (source.subscribe) {
    const states = await source.subscribe(approvals)
    return states.map((state) => answerOf(state, approvals))
  }
  // Those that have schemas are the events of approvals.
  return Object.keys(eventSchemas).some((type) => accepts(type)) ? [UNSEEN] : []
}

function answerOf(
  { code, state, message }: Subscription,
  approvals: readonly WantedApproval[],
): Answer {
  if (state === 'subscribed') return { result: 'ok', message: `approval ${code}: subscribed now` }
  if (state === 'already subscribed') return { result: 'ok', message: `approval ${code}: ${state}` }
  const places = approvals.find((wanted) => wanted.code === code)?.places ?? []
  const said = [`approval ${code}: ${state}`, message, ...places].filter((part) => part !== '')
  return { result: 'wrong', message: said.join('; ') }
}
