import { messageOf, RejectedError } from '../../core/errors.ts'
import { problem } from '../../http/problem.ts'
import type { Bundle } from './bundle.ts'
import { createEdgeLog } from './edge-log.ts'
import { type OpenObject, openObject } from './object.ts'
import type { Env, Fetcher, ObjectState } from './platform.ts'
import { logStrays, type Scope } from './strays.ts'
import { wholeRequest } from './whole-request.ts'

/** What a worker's script exports: the handler as its default, the others by their names. */
export interface Worker {
  readonly handler: {
    fetch(request: Request, env: Env): Promise<Response>
    scheduled(event: unknown, env: Env): Promise<void>
  }
  /** The Durable Object that is the gateway. */
  readonly Gateway: new (
    state: ObjectState,
    env: Env,
  ) => { fetch(request: Request): Promise<Response>; alarm(): Promise<void> }
  /** Takes the object’s requests to their receivers. No request from outside reaches it. */
  readonly Outgoing: { fetch(request: Request): Promise<Response> }
}

/** A gateway on Cloudflare Workers. All of it is in one object, and the worker before it hands over what comes. */
export function createWorker(bundle: Bundle, scope = globalThis as unknown as Scope): Worker {
  logStrays(scope)
  return {
    handler: {
      fetch: handOver,
      // Starts the object, where it is not running, and it looks around for what is due. Where that fails, the platform
      // counts the cron as failed.
      async scheduled(_event, env) {
        const { status } = await gatewayOf(env).fetch('https://gateway/healthz')
        if (status !== 200) throw new Error(`the object does not answer: HTTP ${status}`)
      },
    },
    Gateway: gatewayClass(bundle),
    Outgoing: { fetch: (request) => fetch(request, { redirect: 'manual' }) },
  }
}

/** The platform wants a class. */
function gatewayClass(bundle: Bundle): Worker['Gateway'] {
  return class Gateway {
    readonly #opening: Promise<OpenObject>

    constructor(state: ObjectState, env: Env) {
      this.#opening = state.blockConcurrencyWhile(() => openObject(bundle, state, env))
    }

    async fetch(request: Request): Promise<Response> {
      return (await this.#opening).fetch(request)
    }

    async alarm(): Promise<void> {
      ;(await this.#opening).alarm()
    }
  }
}

/** The object may be overloaded, or may just be starting anew: what is refused like that comes again. */
async function handOver(request: Request, env: Env): Promise<Response> {
  try {
    // Here those who dawdle have memory of their own.
    return await gatewayOf(env).fetch(await wholeRequest(request))
  } catch (error) {
    if (error instanceof RejectedError) return problem(error)
    createEdgeLog('error').error({ error: messageOf(error) }, 'the object does not answer')
    return problem(new RejectedError(503, 'The gateway does not answer.', { 'Retry-After': '5' }))
  }
}

function gatewayOf({ GATEWAY, GATEWAY_LOCATION: location }: Env): Fetcher {
  const options = typeof location === 'string' ? { locationHint: location } : {}
  return GATEWAY.getByName('gateway', options)
}
