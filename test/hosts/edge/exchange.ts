import type { EgressOptions } from '../../../src/core/egress/rules.ts'
import { DeliveryError } from '../../../src/core/errors.ts'
import type { WebFetch } from '../../../src/hosts/edge/web-fetch.ts'

/** A request that a test wants made, in JSON. */
export interface Question {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs?: number
  readonly egress?: EgressOptions
  /** The answer's text is of no interest. */
  readonly unread?: boolean
}

/** What became of it, in JSON. */
export interface Outcome {
  readonly status?: number
  readonly retryAfter?: string | null
  readonly text?: string
  readonly error?: string
  readonly transient?: boolean
}

export async function outcomeOf(web: WebFetch, question: Question): Promise<Outcome> {
  const { url, method = 'POST', headers = {}, body = '{}', timeoutMs = 60_000 } = question
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error('too late')), timeoutMs)
  web.follow(question.egress ?? {})
  try {
    const { signal } = controller
    const answer = await web.fetch(url, { method, headers, body, signal })
    const { status } = answer
    const retryAfter = answer.headers.get('Retry-After')
    return { status, retryAfter, ...(!question.unread && { text: await answer.text() }) }
  } catch (error) {
    const transient = error instanceof DeliveryError && error.failure.transient === true
    return { error: error instanceof Error ? error.message : String(error), transient }
  } finally {
    clearTimeout(timer)
  }
}
