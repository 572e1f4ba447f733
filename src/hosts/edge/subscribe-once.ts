import { messageOf } from '../../core/errors.ts'
import { optionsMark } from '../../core/options-mark.ts'
import type { LiveSource, Plan } from '../../core/plan.ts'
import type { Log } from '../../core/runtime.ts'
import type { KeyStorage } from './platform.ts'

/**
 * Subscribes to the approvals that routes name, where a source has `subscribe: true`: once for these approvals and
 * these options, for an object starts many times a day. Where that fails, the next start goes on.
 */
export function subscribeOnce(plan: Plan, storage: KeyStorage, log: Log): void {
  for (const live of plan.sources) {
    subscribe(live, plan, storage).catch((error) => {
      log.error({ source: live.name, error: messageOf(error) }, 'cannot subscribe')
    })
  }
}

async function subscribe(live: LiveSource, plan: Plan, storage: KeyStorage): Promise<void> {
  const { name, source } = live
  if (!source.subscribe) return
  const approvals = plan.approvals(name)
  const codes = approvals.map(({ code }) => code).sort()
  const wanted = JSON.stringify([optionsMark(live), ...codes])
  const key = `subscribed:${name}`
  if ((await storage.get(key)) === wanted) return
  const subscriptions = await source.subscribe(approvals)
  if (subscriptions.every(({ state }) => state !== 'failed')) await storage.put(key, wanted)
}
