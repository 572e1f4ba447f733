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

/** What each of these sinks would be sent, but for what is redacted. By name; of the first few. */
export async function previewsOf(
  plan: Plan,
  event: Event,
  sinks: readonly string[],
): Promise<Readonly<Record<string, Preview>>> {
  const show = plan.redact.about(event)
  const previews: [string, Preview][] = []
  for (const sink of sinks.slice(0, MOST)) {
    try {
      const body = await plan.preview(sink, event)
      previews.push([sink, { body: body === undefined ? null : show(body), error: null }])
    } catch (error) {
      const said = plan.sinks.get(sink)?.conceal(messageOf(error)) ?? messageOf(error)
      previews.push([sink, { body: null, error: show(said) }])
    }
  }
  return Object.fromEntries(previews)
}
