/**
 * Whether the database stays bounded: ten minutes (`--minutes 2` for fewer) of as many callbacks as are taken, three
 * webhooks each, what is delivered kept for a minute; prints the size of tables and indexes as it goes.
 */
import { parseArgs } from 'node:util'
import { openPostgres } from '../test/postgres.ts'
import { startChild } from './child.ts'
import { callbacks, startGateway } from './gateway.ts'
import { send } from './load.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const minutes = Number(values.minutes)

await using server = await openPostgres({ durable: true })
await using database = await server.createDatabase()
await using receiver = await startChild('receiver.ts')
await using gateway = await startGateway({
  url: `http://127.0.0.1:${receiver.port}/`,
  paused: false,
  databaseUrl: database.url,
  more: 'retention: { delivered: 1m, dead: 1m }',
})

const SIZES = `
SELECT regexp_replace(c.relname, '_[0-9]+$', '') AS name, count(*)::int AS parts,
  round(sum(pg_relation_size(c.oid)) / 1e6)::int AS heap, round(sum(pg_indexes_size(c.oid)) / 1e6)::int AS indexes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'lark_fanout' AND c.relkind = 'r' GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 1e6 ORDER BY 1`

let sent = 0
let next = 0
const startedAt = performance.now()
const elapsed = () => (performance.now() - startedAt) / 60_000
while (elapsed() < minutes) {
  const requests = await callbacks(1_000)
  await send(gateway.port, requests)
  sent += requests.length
  if (elapsed() < next) continue
  next += 0.5
  const rows = await database.query(SIZES)
  const parts = rows.map(
    ({ name, parts, heap, indexes }) => `${name} ${heap}+${indexes} (${parts})`,
  )
  console.log(
    `${elapsed().toFixed(1)} min, ${sent.toLocaleString('en')} events: ${parts.join(', ')} MB`,
  )
}
process.exit()
