import { messageOf } from '../errors.ts'
import type { LiveSink } from '../plan.ts'
import type { Log } from '../runtime.ts'
import { within } from '../within.ts'

/** A plugin's fault is never the gateway's. */
export function isReady({ sink }: LiveSink): boolean {
  try {
    return sink.ready?.() !== false
  } catch {
    return false
  }
}

/** Never rejects, and does not wait for ever. */
export async function closeSink({ name, sink, settings }: LiveSink, log: Log): Promise<void> {
  const late = () => new Error(`not closed within ${settings.timeoutMs} ms`)
  try {
    await within(settings.timeoutMs, async () => sink.close?.(), late)
  } catch (error) {
    log.error({ sink: name, error: messageOf(error) }, 'the sink did not close')
  }
}
