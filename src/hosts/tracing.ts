import type { Log } from '../core/runtime.ts'
import type { Tracer } from '../core/trace.ts'
import type { TracingWish } from './tracing-settings.ts'

export interface Tracing {
  readonly tracer?: Tracer
  /** Exports what has ended, within some seconds. */
  close(): Promise<void>
}

/** What is traced goes where the environment says. OpenTelemetry's packages are loaded only where they are wanted. */
export async function openTracing({ settings, warnings }: TracingWish, log: Log): Promise<Tracing> {
  for (const warning of warnings) log.warn({}, warning)
  if (!settings) return { close: async () => {} }
  const { openTelemetry } = await import('./open-telemetry.ts')
  return openTelemetry(settings, log)
}
