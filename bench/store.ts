import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Acceptance, Granted } from '../src/core/outbox.ts'
import type { Store } from '../src/core/store.ts'
import { openMemoryStore } from '../src/stores/memory.ts'
import { openSqliteStore } from '../src/stores/sqlite-node.ts'

// What the outbox costs: one event of 1 KB with three born-claimed deliveries, then their settlements.
// The memory store runs the same calls: what is left of it is the price of SQLite and its thread.

const EVENTS = 12_000
const CALLERS = 256
const ROUNDS = 3
const SINKS = ['finance', 'hr-app', 'lake']
const NOW = 1_700_000_000_000

let made = 0
function acceptance(): Acceptance {
  const id = crypto.randomUUID()
  const data = { instance_code: `instance-${made++}`, operate: 'CREATE', comment: 'x'.repeat(850) }
  const raw = JSON.stringify({ uuid: id, token: '', type: 'event_callback', event: data })
  const event = {
    id,
    type: 'approval_cc',
    appId: 'cli_a',
    tenantKey: 't',
    via: 'feishu',
    time: NOW,
    data,
    raw,
  }
  const owed = SINKS.map((sink) => ({ sink, orderKey: null, claimMs: 60_000 }))
  return { event, problems: [], owed }
}

/** Runs `work` over all items with so many at a time; prints the rate, and the main thread's CPU per item. */
async function measure<Item>(
  what: string,
  callers: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const caller = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  const cpu = process.threadCpuUsage()
  const start = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.threadCpuUsage(cpu)
  const rate = Math.round(items.length / seconds).toLocaleString('en')
  const cost = ((user + system) / items.length).toFixed(1)
  console.log(`${what.padEnd(44)} ${rate.padStart(9)}/s   main thread ${cost.padStart(5)} µs each`)
}

async function bench(name: string, store: Store): Promise<void> {
  const granted: Granted[] = []
  const accept = async (one: Acceptance) => {
    for (const accepted of await store.accept([one], NOW)) granted.push(...accepted.granted)
  }
  const record = { at: NOW, durationMs: 12, status: 200, error: '', response: '' }
  const settle = ({ id, claim }: Granted) =>
    store.settle([{ id, claim, attempt: 1, outcome: { state: 'delivered' }, record }])

  const some = Array.from({ length: EVENTS / 10 }, acceptance)
  const many = Array.from({ length: EVENTS }, acceptance)
  await measure(`${name}: accept, one at a time`, 1, some, accept)
  await measure(`${name}: accept, ${CALLERS} at once`, CALLERS, many, accept)
  await measure(`${name}: settle, one at a time`, 1, granted.splice(0, EVENTS / 10), settle)
  await measure(`${name}: settle, ${CALLERS} at once`, CALLERS, granted, settle)
}

const folder = mkdtempSync(join(tmpdir(), 'lark-fanout-bench-'))
try {
  for (let round = 1; round <= ROUNDS; round++) {
    console.log(`round ${round}: 1 event of 1 KB and ${SINKS.length} deliveries an accept`)
    await bench('memory', openMemoryStore())
    const store = await openSqliteStore({ file: join(folder, `${round}.db`) })
    await bench('sqlite', store)
    await store.close()
  }
} finally {
  rmSync(folder, { recursive: true })
}
