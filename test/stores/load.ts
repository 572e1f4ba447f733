import type { Store } from '../../src/core/store.ts'
import { acceptance, MINUTE, settlement, T } from './samples.ts'

const owed = ['finance', 'hr', { sink: 'lake', claimMs: MINUTE }]

/** A gateway's load, to be killed: says `accepted <event>` and `settled <event>` once the store has acknowledged it. */
export async function load(store: Store, say: (line: string) => void): Promise<unknown> {
  return Promise.all(Array.from({ length: 8 }, (_, caller) => call(store, caller, say)))
}

async function call(store: Store, caller: number, say: (line: string) => void): Promise<never> {
  for (let i = 0; ; i++) {
    const id = `${caller}-${i}`
    const [accepted] = await store.accept([acceptance(id, { owed })], T)
    say(`accepted ${id}`)
    if (i % 2 === 0) continue
    const granted = accepted?.granted ?? []
    await store.settle(granted.map((one) => settlement({ ...one, attempt: 1 })))
    say(`settled ${id}`)
  }
}
