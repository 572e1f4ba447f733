/**
 * How long a callback waits for its answer at 500 a second, its event and three deliveries then being in Postgres; over
 * a Hono handler that makes one durable insert. The database is a real one, on the disk.
 */
import { openPostgres } from '../test/postgres.ts'
import { startChild } from './child.ts'
import { startGateway } from './gateway.ts'
import { comparePercentiles } from './pairs.ts'
import { measureAnswers } from './steady.ts'

const LOAD = { eventsPerSecond: 500, seconds: 6 }

await using server = await openPostgres({ durable: true })
await using database = await server.createDatabase()
await using receiver = await startChild('receiver.ts')
await using bare = await startChild('bare-postgres.ts', [database.url])
const url = `http://127.0.0.1:${receiver.port}/`

for (const paused of [true, false]) {
  await using gateway = await startGateway({ url, paused, databaseUrl: database.url })
  const line = await comparePercentiles({
    name: `accept with Postgres at 500 events/s, ${paused ? 'sinks paused' : 'while delivering'}`,
    baselineName: 'one durable insert',
    baseline: () => measureAnswers(bare.port, LOAD),
    measured: () => measureAnswers(gateway.port, LOAD),
  })
  console.log(line)
}
process.exit()
