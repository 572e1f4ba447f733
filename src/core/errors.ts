/** Something wrong in what a person wrote, and where: `path` is dotted (`sinks.finance.retry.attempts`). */
export interface Problem {
  readonly path: string
  readonly message: string
  /** Which of the files that make up a plan; `routes.yaml` where there is one alone. */
  readonly file?: string
  /** Where in the file, both from 1. */
  readonly line?: number
  readonly column?: number
  /** The file's line with its secrets masked, and beneath it a caret. */
  readonly excerpt?: string
}

/** routes.yaml, a pattern or an option is wrong. Says everything that is wrong, not just the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(listed(problems, '\n'))
    this.problems = problems
  }
}

/** Problems as one text. */
export function listed(problems: readonly Problem[], separator: string): string {
  const lines = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return lines.join(separator)
}

/** A request that is answered with `status`; `message` is for the stranger who sent it. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What is wrong in the request, by the path in its query or its body. */
  readonly errors: readonly Problem[]

  constructor(
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    errors: readonly Problem[] = [],
  ) {
    super(message)
    this.status = status
    this.headers = headers
    this.errors = errors
  }
}

/**
 * What a store throws where a call fails by what it asks, and would again, while the store is well. Whatever else it
 * throws passes, be it in hours.
 */
export class RefusedCallError extends Error {
  override readonly name = 'RefusedCallError'
}

export interface DeliveryFailure {
  /** No later attempt can succeed: a dead letter at once. */
  readonly permanent?: boolean
  /** The receiver says that it is gone for good (HTTP 410): pauses the sink, keeps what is owed. */
  readonly gone?: boolean
  /** Worth one of the attempt's quick tries: a connection error, or a 5xx without `Retry-After`. */
  readonly transient?: boolean
  /** There was no answer. Counts for the breaker, as do `transient` and a `status` of 500 and more. */
  readonly unreachable?: boolean
  /**
   * The receiver went away: the delivery is given back, and no attempt is spent. `unsent`: it had gone before it was sent
   * anything. `cut short`: it has not answered, and may have died of the event; that is counted, so that it ends.
   */
  readonly returned?: 'unsent' | 'cut short'
  /** The receiver's own wish (`Retry-After`): no attempt is made earlier than this from now. */
  readonly retryAfterMs?: number
  /** The receiver's answer, for the people who read the dead letters. */
  readonly status?: number
  readonly response?: string
  readonly cause?: unknown
}

/** What a sink throws to say how a delivery failed. Anything else that it throws is retried as well. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly failure: DeliveryFailure

  constructor(message: string, failure: DeliveryFailure = {}) {
    super(message, { cause: failure.cause })
    this.failure = failure
  }
}

/** The message of anything that was thrown, whatever a plugin has made of it. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'an error that cannot be read'
  }
}
