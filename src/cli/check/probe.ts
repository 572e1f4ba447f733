import { messageOf } from '../../core/errors.ts'
import type { Sink, Source } from '../../core/plugin.ts'
import type { Runtime } from '../../core/runtime.ts'
import { within } from '../../core/within.ts'

/** What became of a question to the other end of a sink or a source. */
export interface Answer {
  readonly result: 'ok' | 'wrong' | 'unasked'
  readonly message: string
}

export interface PlacedAnswer extends Answer {
  /** `sinks.finance` */
  readonly path: string
}

const PROBE_MS = 10_000

/** Never rejects, and does not wait for ever. */
export async function probe(
  plug: Pick<Sink | Source, 'probe'>,
  { contain }: Pick<Runtime, 'contain'>,
): Promise<Answer> {
  if (!plug.probe) return { result: 'unasked', message: 'nothing to ask' }
  const { promise: strayed, reject } = Promise.withResolvers<never>()
  const late = () => new Error(`no answer within ${PROBE_MS / 1000} s`)
  const task = (signal: AbortSignal) => contain(async () => plug.probe?.(signal), reject)
  try {
    const said = await within(PROBE_MS, (signal) => Promise.race([task(signal), strayed]), late)
    return { result: 'ok', message: messageOf(said) }
  } catch (error) {
    return { result: 'wrong', message: messageOf(error) }
  }
}
