import { expect, test } from 'vitest'
import { NODE, openFolder, run } from '../serve.ts'

// Other tests run their commands one after another in one process. A user's has loaded nothing before, and ends.

const NO_FILE = 'cannot read ./routes.yaml'
const NO_STORE = 'data/lark-fanout.db does not exist'

/** What each says in an empty folder. */
const rows: readonly [string, number, string][] = [
  ['check', 2, NO_FILE],
  ['explain -', 2, 'must hold a JSON object'],
  ['test', 2, NO_FILE],
  ['send', 2, NO_FILE],
  ['events list', 1, NO_STORE],
  ['deliveries list', 1, NO_STORE],
  ['retry --all', 1, NO_STORE],
  ['replay --since 1h', 1, NO_STORE],
  ['sinks list', 1, NO_STORE],
  ['subscriptions list', 2, NO_FILE],
  ['audit', 1, NO_STORE],
  ['migrate --from sqlite:a.db --to postgres://127.0.0.1:9/db', 1, 'a.db does not exist'],
  ['schema', 0, '"$schema"'],
]

/** Their own tests start a process for them. */
const ELSEWHERE = ['serve', 'build', 'demo']

test.each(rows)('%s', async (line, code, said) => {
  await using folder = await openFolder({})
  const ran = await run(folder, line.split(' '), { by: NODE })
  expect(ran.code).toBe(code)
  expect(ran.stdout + ran.stderr).toContain(said)
})

test('no command is forgotten', async () => {
  await using folder = await openFolder({})
  const { stdout } = await run(folder, ['--help'])
  const commands = [...stdout.matchAll(/^ {2}(\S+) /gm)].map(([, name]) => name)
  const tested = rows.map(([line]) => line.split(' ')[0])
  expect(commands.toSorted()).toEqual([...tested, ...ELSEWHERE].toSorted())
})
