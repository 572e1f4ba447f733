import { openPostgres } from '../test/postgres.ts'
import { openPostgresStore } from '../src/stores/postgres.ts'
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const server = await openPostgres()
const make = async (drop: boolean) => {
  const db = await server.createDatabase()
  const store = await openPostgresStore({ url: db.url, log: silent })
  if (drop) await db.query('DROP INDEX lark_fanout.events_by_instance')
  return { db, store, ts: [] as number[] }
}
const both = { with: await make(false), without: await make(true) }
let n = 0
const one = () => { const id = crypto.randomUUID(); const data = { instance_code: crypto.randomUUID().toUpperCase(), operate: 'CREATE', comment: 'x'.repeat(850) }
  return { event: { id, type: 'approval_cc', appId: 'cli_a', tenantKey: 't', via: 'feishu', time: 1, data, raw: JSON.stringify({ uuid: id, event: data }) }, problems: [], owed: ['a','b','c'].map((sink) => ({ sink, orderKey: null, claimMs: 60000 })) } }
const rounds = Number(process.argv[2])
for (let r = 0; r < rounds; r++) for (const b of r % 2 ? [both.with, both.without] : [both.without, both.with]) {
  const batch = Array.from({ length: 64 }, one)
  const t = performance.now(); const acc = await b.store.accept(batch, Date.now()); b.ts.push((performance.now() - t) * 1000 / 64)
  await b.store.settle(acc.flatMap(({ granted }) => granted.map(({ id, claim }) => ({ id, claim, attempt: 1, outcome: { state: 'delivered' as const }, record: { at: 1, durationMs: 1, status: 200, error: '', response: '' } }))))
}
for (const [k, { ts, db, store }] of Object.entries(both)) { const s = ts.slice(ts.length >> 1).sort((a, b) => a - b); console.log(k, 'median of 2nd half', s[s.length >> 1]!.toFixed(1), 'mean', (s.reduce((a, b) => a + b) / s.length).toFixed(1), 'µs/event'); console.log((await db.query(`SELECT pg_size_pretty((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree('lark_fanout.events') WHERE isleaf)::bigint) AS heap, pg_size_pretty((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('lark_fanout.events') WHERE isleaf)::bigint) AS all`))[0]); if (k === 'with') { const code = (await store.events({ order: 'oldest first', limit: 1 })).items[0]!.event.data.instance_code as string; for (let i = 0; i < 3; i++) { const t = performance.now(); const r = await store.events({ order: 'newest first', limit: 50, q: code }); console.log('search', r.items.length, (performance.now() - t).toFixed(1), 'ms') } } await store.close() }
await server[Symbol.asyncDispose]()
