import type { Env, ObjectState } from '../../../src/hosts/edge/platform.ts'
import { logStrays, type Scope } from '../../../src/hosts/edge/strays.ts'
import { webCrypto } from '../../../src/hosts/edge/web-crypto.ts'
import { createWebFetch } from '../../../src/hosts/edge/web-fetch.ts'
import { askAll } from '../../suites/crypto.ts'
import { outcomeOf } from './exchange.ts'

logStrays(globalThis as unknown as Scope)

/** What the tests beside it ask inside workerd: of an object, as the gateway is one, which outlives its requests. */
export default {
  fetch: (request: Request, env: Env) => env.GATEWAY.getByName('gateway').fetch(request),
}

export class Gateway {
  readonly #state: ObjectState

  constructor(state: ObjectState) {
    this.#state = state
  }

  async fetch(request: Request): Promise<Response> {
    const question = JSON.parse(await request.text())
    const { pathname } = new URL(request.url)
    if (pathname === '/node') return Response.json([typeof Buffer, typeof process])
    if (pathname === '/strays') return Response.json([stray()])
    if (pathname === '/crypto') return Response.json(await askAll(question, webCrypto))
    const { Outgoing } = this.#state.exports
    const web = createWebFetch((url, init) => Outgoing.fetch(url, init), 300)
    return Response.json(await outcomeOf(web, question))
  }
}

/** Errors that nobody catches. */
function stray(): void {
  Promise.reject(new Error('nobody waits'))
  setTimeout(() => {
    throw new Error('a timer throws')
  })
}

/** What takes an object's requests to their receivers, as the gateway's does. */
export const Outgoing = { fetch: (request: Request) => fetch(request, { redirect: 'manual' }) }
