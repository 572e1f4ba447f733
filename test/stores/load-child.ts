import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { acceptance, settlement, T } from './samples.ts'

// A gateway's load, to be killed: prints `accepted <event>` and `settled <event>` once the store has acknowledged it.

const store = await openSqliteStore({ file: process.argv[2] ?? '' })
const owed = ['finance', 'hr', { sink: 'lake', claimMs: 60_000 }]

async function load(caller: number): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${caller}-${i}`
    const [accepted] = await store.accept([acceptance(id, { owed })], T)
    process.stdout.write(`accepted ${id}\n`)
    if (i % 2 === 0) continue
    const granted = accepted?.granted ?? []
    await store.settle(granted.map((one) => settlement({ ...one, attempt: 1 })))
    process.stdout.write(`settled ${id}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, (_, caller) => load(caller)))
