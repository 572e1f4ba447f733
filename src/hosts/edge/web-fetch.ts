import { compileEgress, type EgressOptions, refusedByEgress } from '../../core/egress/rules.ts'
import { ConfigError, DeliveryError, messageOf } from '../../core/errors.ts'
import type { Egress, FetchInit, FetchResponse, Runtime } from '../../core/runtime.ts'
import { createBeginning } from '../beginning.ts'

/** How long a body may take; what has come by then is its beginning. Holds whether or not anyone reads it. */
const BODY_MS = 3_000

/** The platform's own `fetch`, or what brings a request to it. Called by itself: as a method, workerd refuses its `fetch`. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

export interface WebFetch extends Pick<Runtime, 'fetch' | 'secure' | 'egress'> {
  /** Goes by these egress rules from now on. */
  follow(options: EgressOptions): void
}

/**
 * The runtime's `fetch` over the platform's. The platform looks names up by itself, so the egress rules judge a host by
 * its name, and by its address only where it is written as one.
 */
export function createWebFetch(send: Send, bodyMs = BODY_MS): WebFetch {
  let rules = compileEgress({})
  const refusal = (host: string) => {
    const refused = rules.refusesProxied(host)
    return refused && refusedByEgress(refused)
  }
  return {
    egress: { ...noSockets, refusal },
    follow(options) {
      rules = compileEgress(options)
    },
    async fetch(url, init) {
      const refused = refusal(new URL(url).hostname)
      if (refused) throw refused
      return exchange(send, bodyMs, url, init)
    },
    secure() {
      const message =
        'this platform trusts its own certificate authorities, and shows receivers no certificate: remove tls, or run the gateway on Node'
      throw new ConfigError([{ path: 'tls', message }])
    },
  }
}

/** For plugs that open sockets by themselves: there are none. */
const noSockets: Omit<Egress, 'refusal'> = {
  lookup: (_host, _options, callback) => callback(new Error('no name is looked up here'), []),
  proxyOf: () => undefined,
  hold() {},
}

/**
 * Where this invocation may start no more requests, it is sent in the next one, which has a share of its own: once. Where
 * that refuses it as well, it fails, unsent.
 */
export function sendAfresh(send: Send, nextInvocation: () => Promise<void>): Send {
  return async (url, init) => {
    try {
      return await send(url, init)
    } catch (error) {
      if (!isRefused(error)) throw error
      await nextInvocation()
      return send(url, init)
    }
  }
}

/** What the platform says before it starts a request: of their number, or of how deep in a chain of calls it would be. */
function isRefused(error: unknown): boolean {
  return /subrequest|invocations/i.test(messageOf(error))
}

/** No fault of its receiver: the lane gives it back. */
function unsent(cause: unknown): Error {
  const message = 'not sent: the platform lets this invocation start no more requests'
  return new DeliveryError(message, { returned: 'unsent', cause })
}

async function exchange(
  send: Send,
  bodyMs: number,
  url: string,
  { method, headers, body, signal }: FetchInit,
): Promise<FetchResponse> {
  signal.throwIfAborted()
  checkHeaders(headers)
  const response = await send(url, {
    method,
    headers,
    // With a body, be it an empty one, GET and HEAD are refused.
    ...(body.length > 0 && { body }),
    redirect: 'manual',
    signal,
  }).catch((error: unknown) => {
    throw isRefused(error) && !signal.aborted ? unsent(error) : explained(error, signal)
  })
  const reader = response.body?.getReader()
  const beginning = createBeginning(bodyMs, (why) => {
    // What cannot be cancelled has ended.
    if (why) reader?.cancel(why).catch(() => {})
  })
  beginning.start()
  const read = async () => {
    for (;;) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) return beginning.end()
      beginning.add(chunk.value)
    }
  }
  read().catch((error) => beginning.fail(explained(error, signal)))
  return { status: response.status, headers: response.headers, text: () => beginning.text }
}

/** Whoever else refuses a header shows its value, which may be a secret. */
function checkHeaders(headers: FetchInit['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]])
    } catch {
      throw new DeliveryError(`HTTP cannot carry the header ${name} as it is`)
    }
  }
}

/** What workerd says of a request that has failed, and what it means. All else that it says may name the host. */
const FAILURES: readonly (readonly [said: RegExp, meaning: string])[] = [
  [/connection lost/i, 'refused, or broken off before an answer came'],
  [/^internal error/, 'the host is not found, or TLS fails'],
  [/connection limit/i, 'the platform has taken it for another request'],
]

function explained(error: unknown, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason
  const [, meaning = 'the platform does not say why'] =
    FAILURES.find(([said]) => said.test(messageOf(error))) ?? []
  const message = `the connection failed: ${meaning}`
  return new DeliveryError(message, { transient: true, cause: error })
}
