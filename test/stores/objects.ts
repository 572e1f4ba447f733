import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import type { Store } from '../../src/core/store.ts'
import type { Row } from '../../src/stores/rows.ts'
import type { SqlValue } from '../../src/stores/sqlite/driver.ts'
import { bundleWorker, startWorkerd, type Workerd } from '../workerd.ts'
import { CONTENT, deleting } from './emptying.ts'
import { T } from './samples.ts'
import { decode, encode } from './store-calls.ts'

const worker = fileURLToPath(new URL('./durable-object-worker.ts', import.meta.url))

/** Durable Objects in workerd, each with a store: by its name. */
export interface Objects {
  /** As the object starts, at this time. */
  open(name: string, now?: number): Promise<Store>
  sql(name: string, query: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>
  /** As good as new. */
  empty(name: string): Promise<void>
  kill: Workerd['kill']
  close: Workerd['close']
}

export async function startObjects(options: { readonly persist?: string } = {}): Promise<Objects> {
  const { url, kill, close } = await startWorkerd({
    script: await bundleWorker(worker),
    ...options,
  })

  async function ask(name: string, asked: string, args: readonly unknown[]): Promise<unknown> {
    const { body } = await request(`${url}/${name}/${asked}`, {
      method: 'POST',
      body: encode(args),
    })
    const { answer, error } = decode(await body.text()) as Reply
    if (error) throw errorOf(error)
    return answer
  }
  const sql: Objects['sql'] = async (name, ...args) =>
    (await ask(name, 'sql', args)) as readonly Row[]
  return {
    async open(name, now = T) {
      await ask(name, 'open', [now])
      return storeBy((method, args) => ask(name, method, args))
    },
    sql,
    async empty(name) {
      await sql(name, deleting(await sql(name, CONTENT)))
    },
    kill,
    close,
  }
}

interface Reply {
  readonly answer?: unknown
  readonly error?: { readonly name: string; readonly message: string }
}

function errorOf({ name, message }: NonNullable<Reply['error']>): Error {
  return name === 'RangeError'
    ? new RangeError(message)
    : Object.assign(new Error(message), { name })
}

/** A store whose every method asks the one in the object. */
function storeBy(ask: (method: string, args: readonly unknown[]) => Promise<unknown>): Store {
  const methodOf = (_: object, method: string | symbol) =>
    // A promise of the store would take it for another promise.
    method === 'then' ? undefined : (...args: readonly unknown[]) => ask(String(method), args)
  return new Proxy({}, { get: methodOf }) as Store
}
