import { RejectedError } from '../../core/errors.ts'

const ENDED = 'The gateway is ending: what was done until now stays done.'

/** What long work may answer with beside the rest. */
export const workProblems = { 503: ENDED } as const

export interface Ending {
  /** Aborts when the gateway is about to end, which does not wait for long work. */
  readonly ending: AbortSignal
  end(): void
}

export function createEnding(): Ending {
  const controller = new AbortController()
  return {
    ending: controller.signal,
    end: () => controller.abort(new RejectedError(503, ENDED, { 'Retry-After': '5' })),
  }
}
