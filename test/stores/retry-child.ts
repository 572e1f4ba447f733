import { openSqliteStore } from '../../src/stores/sqlite-node.ts'

// What the CLI does beside a gateway: retries all dead letters in batches, and prints how many.

const store = await openSqliteStore({ file: process.argv[2] ?? '', beside: true })
const batch = { dryRun: false, now: Date.now(), limit: 500 }
let count = 0
let cursor: string | undefined
do {
  const step = await store.retry({ filter: {} }, { ...batch, cursor })
  count += step.count
  cursor = step.next ?? undefined
} while (cursor !== undefined)
await store.close()
process.stdout.write(String(count))
