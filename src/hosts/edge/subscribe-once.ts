import { messageOf } from '../../core/errors.ts'
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

async function subscribe(
  { name, source, fingerprint }: LiveSource,
  plan: Plan,
  storage: KeyStorage,
): Promise<void> {
  if (!source.subscribe) return
  const approvals = plan.approvals(name)
  const codes = approvals.map(({ code }) => code).sort()
  // A short piece tells options apart, and is too little to try secrets against.
  const wanted = JSON.stringify([fingerprint.slice(0, 8), ...codes])
  const key = `subscribed:${name}`
  if ((await storage.get(key)) === wanted) return
  const subscriptions = await source.subscribe(approvals)
  if (subscriptions.every(({ state }) => state !== 'failed')) await storage.put(key, wanted)
}
