import { Agent, type Dispatcher } from 'undici'
import { messageOf } from '../core/errors.ts'
import type { FetchInit, FetchResponse, Runtime } from '../core/runtime.ts'
import { createBeginning } from './beginning.ts'

/** The signal cannot reach a connection that is still being made, so an abandoned one must end by itself. */
const CONNECT_MS = 10_000

/** How long a body may take; what has come by then is its beginning. Holds whether or not anyone reads it. */
const BODY_MS = 3_000

export interface NodeFetch {
  readonly fetch: Runtime['fetch']
  /** Breaks off what is in flight and closes every connection. */
  close(): Promise<void>
}

/** `fetch` over kept-alive connections, as many to an origin as it has requests in flight. */
export function createNodeFetch({ bodyMs = BODY_MS } = {}): NodeFetch {
  const agent = new Agent({
    // One request a connection, so that cutting one off harms no other.
    allowH2: false,
    connect: { timeout: CONNECT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    fetch: (url, init) => exchange(agent, bodyMs, url, init),
    close: () => agent.destroy(),
  }
}

/** Not `agent.request`, which does not hear the signal while its connection is being made. */
async function exchange(
  agent: Agent,
  bodyMs: number,
  url: string,
  init: FetchInit,
): Promise<FetchResponse> {
  const { signal, ...request } = init
  signal.throwIfAborted()
  const { origin, pathname, search } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<FetchResponse>()
  const onAbort = () => fail(signal.reason)
  signal.addEventListener('abort', onAbort)

  let controller: Dispatcher.DispatchController | undefined
  const body = createBeginning(bodyMs, (why) => {
    signal.removeEventListener('abort', onAbort)
    if (why) controller?.abort(why)
  })
  const fail = (reason: Error) => {
    reject(reason)
    body.fail(reason)
  }

  agent.dispatch(
    { ...request, origin, path: pathname + search },
    {
      onRequestStart(started) {
        controller = started
        if (signal.aborted) controller.abort(signal.reason)
      },
      onResponseStart(_, status, headers) {
        if (status < 200) return
        body.start()
        resolve({ status, headers: { get: headerOf(headers) }, text: () => body.text })
      },
      onResponseData: (_, chunk) => body.add(chunk),
      onResponseEnd: () => body.end(),
      onResponseError: (_, error) => fail(withMessage(error)),
    },
  )
  return promise
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>) {
  return (name: string): string | null => {
    const value = headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
}

/** A host of several addresses fails with one error for each, and no message of its own. */
function withMessage(error: Error): Error {
  if (!(error instanceof AggregateError) || error.message) return error
  const message = error.errors.map(messageOf).join('; ')
  return Object.assign(new Error(message, { cause: error }), { code: Object(error).code })
}
