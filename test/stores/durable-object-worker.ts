import { type ObjectStorage, openDurableObjectStore } from '../../src/stores/durable-object.ts'
import { decode, encode } from './store-calls.ts'

/** A worker of stores: the first part of a path names one, the second says what is asked of it. */

interface Stub {
  fetch(request: Request): Promise<Response>
}

interface Environment {
  readonly GATEWAY: { idFromName(name: string): unknown; get(id: unknown): Stub }
}

export default {
  fetch(request: Request, { GATEWAY }: Environment): Promise<Response> {
    const [, name = ''] = new URL(request.url).pathname.split('/')
    return GATEWAY.get(GATEWAY.idFromName(name)).fetch(request)
  },
}

export class Gateway {
  readonly #storage: ObjectStorage
  #store: Readonly<Record<string, unknown>> | undefined

  constructor({ storage }: { readonly storage: ObjectStorage }) {
    this.#storage = storage
  }

  async fetch(request: Request): Promise<Response> {
    const [, , asked = ''] = new URL(request.url).pathname.split('/')
    try {
      return new Response(
        encode({ answer: await this.#answer(asked, decode(await request.text())) }),
      )
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      return new Response(encode({ error: { name, message } }))
    }
  }

  async #answer(asked: string, args: unknown): Promise<unknown> {
    if (!Array.isArray(args)) throw new TypeError('the arguments are a list')
    if (asked === 'open') return this.#open(args[0])
    if (asked === 'sql') return this.#storage.sql.exec(args[0], ...args.slice(1)).toArray()
    const method = this.#store?.[asked]
    if (typeof method !== 'function') throw new TypeError(`no ${asked} here`)
    return method(...args)
  }

  #open(now: number): void {
    this.#store = { ...openDurableObjectStore(this.#storage, () => now) }
  }
}
