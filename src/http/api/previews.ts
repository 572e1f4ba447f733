import { messageOf } from '../../core/errors.ts'
import type { Event } from '../../core/event.ts'
import type { Plan } from '../../core/plan.ts'

export interface Preview {
  /** Null where the sink's type cannot tell. */
  readonly body: string | null
  /** Why there is none; null where nothing is wrong. */
  readonly error: string | null
}

/** More would be no answer to a question, and each may cost a transform. */
const MOST = 20

/** What each of these sinks would be sent, were the event as people see it. By name; of the first few. */
export async function previewsOf(
  plan: Plan,
  event: Event,
  sinks: readonly string[],
): Promise<Readonly<Record<string, Preview>>> {
  const shown = plan.redact.event(event)
  const previews: [string, Preview][] = []
  for (const sink of sinks.slice(0, MOST)) {
    try {
      const body = await plan.preview(sink, shown)
      previews.push([sink, { body: body ?? null, error: null }])
    } catch (error) {
      const said = plan.sinks.get(sink)?.conceal(messageOf(error)) ?? messageOf(error)
      previews.push([sink, { body: null, error: said }])
    }
  }
  return Object.fromEntries(previews)
}
