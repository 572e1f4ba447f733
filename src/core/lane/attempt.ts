import pRetry from 'p-retry'
import { DeliveryError, type DeliveryFailure, messageOf } from '../errors.ts'
import { frozen } from '../event.ts'
import type { ClaimedDelivery } from '../outbox.ts'
import type { LiveSink } from '../plan.ts'
import type { Runtime } from '../runtime.ts'
import { endAttempt, traceAttempt } from '../spans.ts'
import { within } from '../within.ts'
import { QUICK_WAIT_MS } from './retry.ts'

export type AttemptResult =
  | { readonly ok: true; readonly status: number | null }
  | { readonly ok: false; readonly message: string; readonly failure: DeliveryFailure }

/** What a lane has to say to the tries of an attempt, and wants to hear of them. */
export interface Tries {
  /** Called before each. */
  starts(): void
  failed(failure: DeliveryFailure): void
  mayTryAgain(): boolean
}

/** One attempt with its quick tries. Never rejects, and settles within the timeouts whatever the sink does. */
export async function attempt(
  live: LiveSink,
  delivery: ClaimedDelivery,
  { contain, tracer }: Pick<Runtime, 'contain' | 'tracer'>,
  tries: Tries,
): Promise<AttemptResult> {
  const span = traceAttempt(tracer, live, delivery)
  let made = 0
  const starts = () => {
    made++
    tries.starts()
  }
  const deliver = () => deliverOnce(live, delivery, contain, span?.traceparent)
  const result = await tryAll(live, deliver, { ...tries, starts })
  endAttempt(span, live, result, made)
  return result
}

async function tryAll(
  live: LiveSink,
  deliver: () => ReturnType<LiveSink['sink']['deliver']>,
  tries: Tries,
): Promise<AttemptResult> {
  let failed: unknown
  const tryOnce = async (n: number) => {
    // The wait before it may have changed that.
    if (n > 1 && !tries.mayTryAgain()) throw failed
    tries.starts()
    try {
      return await deliver()
    } catch (error) {
      tries.failed(failureOf(error))
      // An attempt that has had an answer is not given back.
      if (failed === undefined || failureOf(error).returned === undefined) failed = error
      throw failed
    }
  }
  try {
    const receipt = await pRetry(tryOnce, {
      retries: live.settings.retry.quick,
      minTimeout: QUICK_WAIT_MS.first,
      maxTimeout: QUICK_WAIT_MS.last,
      factor: 2,
      shouldRetry: ({ error }) => failureOf(error).transient === true && tries.mayTryAgain(),
    })
    return { ok: true, status: wholeNumber(receipt?.status) ?? null }
  } catch (error) {
    return { ok: false, ...concealed(live, messageOf(error), failureOf(error)) }
  }
}

function deliverOnce(
  { sink, settings }: LiveSink,
  { id, event, attempt }: ClaimedDelivery,
  contain: Runtime['contain'],
  traceparent: string | undefined,
) {
  const { promise: strayed, reject } = Promise.withResolvers<never>()
  const context = { deliveryId: id, attempt, ...(traceparent !== undefined && { traceparent }) }
  const deliver = (signal: AbortSignal) =>
    contain(async () => sink.deliver(frozen(event), { ...context, signal }), reject)
  return within(
    settings.timeoutMs,
    (signal) => Promise.race([deliver(signal), strayed]),
    () => {
      const message = `no answer within ${settings.timeoutMs} ms`
      return new DeliveryError(message, { unreachable: true })
    },
  )
}

const MAX_MESSAGE = 1000

const MAX_RESPONSE = 16 * 1024

/**
 * A plugin may put its options into its errors, and a receiver may send back what it was sent. Before anything is cut:
 * half a secret would be known by nobody.
 */
function concealed({ conceal }: LiveSink, message: string, failure: DeliveryFailure) {
  const response = conceal(failure.response ?? '').slice(0, MAX_RESPONSE)
  return { message: conceal(message).slice(0, MAX_MESSAGE), failure: { ...failure, response } }
}

/** What a plugin says of a failure is not to be trusted with the store: types are not checked at run time. */
function failureOf(error: unknown): DeliveryFailure {
  if (!(error instanceof DeliveryError)) return {}
  const { permanent, gone, transient, unreachable, returned, retryAfterMs, status, response } =
    error.failure
  return {
    permanent: permanent === true,
    gone: gone === true,
    transient: transient === true,
    unreachable: unreachable === true,
    ...((returned === 'unsent' || returned === 'cut short') && { returned }),
    retryAfterMs: Number.isFinite(retryAfterMs) ? Math.max(0, Number(retryAfterMs)) : 0,
    ...(wholeNumber(status) !== undefined && { status: Number(status) }),
    response: typeof response === 'string' ? response : '',
  }
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined
}
