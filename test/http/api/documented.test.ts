import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { accept } from '../../core/operations/setup.ts'
import { openAdmin } from './setup.ts'

const text = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json = '']) =>
  JSON.parse(json),
)

/** The names in the example that has this one in it. */
function namesBeside(name: string): readonly string[] {
  return Object.keys(examples.find((example) => name in example) ?? {}).sort()
}

test('answers have the names that docs/api.md shows', async () => {
  const admin = openAdmin()
  await accept(admin, 'a', { owed: ['lake'] })
  await admin.ask('/api/sinks/lake/pause', { body: {} })
  const firstOf = async (path: string) => Object.keys((await admin.ask(path)).body.items[0]).sort()
  expect(await firstOf('/api/events')).toEqual(namesBeside('tenant_key'))
  expect(await firstOf('/api/sinks')).toEqual(namesBeside('paused_by'))
  expect(await firstOf('/api/audit')).toEqual(namesBeside('actor'))
  expect(await firstOf('/api/routes')).toEqual(namesBeside('match'))
  const explained = await admin.ask('/api/explain?previews=true', { body: { id: 'a' } })
  expect(Object.keys(explained.body).sort()).toEqual(namesBeside('routes'))
  const { body } = await admin.ask('/api/events/a')
  expect(Object.keys(body).sort()).toEqual(
    [...namesBeside('tenant_key'), 'body', 'deliveries'].sort(),
  )
  expect(Object.keys(body.deliveries[0]).sort()).toEqual(namesBeside('history'))
  const request = { since: 0, until: admin.clock.now, dry_run: true }
  const replayed = await admin.ask('/api/replay', { body: request })
  expect(Object.keys(replayed.body).sort()).toEqual(namesBeside('dry_run'))
})
