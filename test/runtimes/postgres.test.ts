import process from 'node:process'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { sharedPostgres } from '../postgres.ts'
import { type Folder, serve } from '../serve.ts'
import { httpRows } from './http.ts'
import { ADMIN_TOKEN, hosts, type Place, type Started } from './places.ts'
import { openWorld, type World } from './world.ts'

const [node] = hosts
const title = 'HTTP, with the store in Postgres'
const missing = process.env.POSTGRES ? undefined : '`npm run test:postgres` asks it'

async function start(folder: Folder, url: string): Promise<Started> {
  const served = await serve(folder, { ADMIN_TOKEN, DATABASE_URL: url })
  const kill = async () => {
    served.signal('SIGKILL')
    await served.ended
  }
  return { url: served.url, kill, [Symbol.asyncDispose]: kill }
}

/** A database for each gateway. */
function placeOf(base: Place): Place {
  const database = async () => (await sharedPostgres()).createDatabase()
  return {
    ...base,
    name: 'Node, Postgres',
    start: async (folder) => start(folder, (await database()).url),
    async startUnable(folder) {
      const { url, [Symbol.asyncDispose]: drop } = await database()
      const started = await start(folder, url)
      await drop()
      return started
    },
  }
}

describe.skipIf(missing)(missing ? `${title}: SKIPPED, ${missing}` : title, () => {
  if (!node) throw new Error('Node is a host')
  const place = placeOf(node)
  let world: World
  beforeAll(async () => {
    world = await openWorld(place)
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  for (const row of httpRows) test(row.name, () => row.run(world, place))
})
