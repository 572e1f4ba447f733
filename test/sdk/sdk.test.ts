import { describe, test } from 'vitest'
import { arriveByCallback, arriveByLongConnection } from './arrival.ts'
import { consumeByCallback } from './by-callback.ts'
import { consumeByLongConnection } from './by-long-connection.ts'
import { MissingError, sdks } from './toolchains.ts'

/** With SDK=required nothing is skipped: what is missing fails. */
const required = process.env.SDK === 'required'

/** The first time, an SDK is fetched and its consumers are built. */
const PREPARE_MS = required ? 600_000 : 60_000

const prepared = await Promise.all(
  sdks.map(async (sdk) => {
    const title = `${sdk.name} ${sdk.version}`
    try {
      return { title, programs: await sdk.prepare(AbortSignal.timeout(PREPARE_MS)) }
    } catch (error) {
      if (error instanceof MissingError) return { title, missing: error.message }
      throw error
    }
  }),
)

// table.ts reads the names: <row>, <column>.
describe.concurrent('Feishu at both ends', { timeout: 180_000 }, () => {
  test('lark-fanout receives, callback', arriveByCallback)
  test('lark-fanout receives, long connection', arriveByLongConnection)

  for (const { title, programs, missing } of prepared) {
    const skipped = missing && !required ? `: SKIPPED, ${missing}` : ''
    test.skipIf(skipped)(`${title} consumes, callback${skipped}`, async () => {
      if (!programs) throw new Error(missing)
      await consumeByCallback(programs.callback)
    })
    test.skipIf(skipped)(`${title} consumes, long connection${skipped}`, async () => {
      if (!programs) throw new Error(missing)
      await consumeByLongConnection(programs.longConnection)
    })
  }
})
