import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliveryRows, outageRows } from './delivery.ts'
import { hostRows, smokeRow } from './host.ts'
import { httpRows } from './http.ts'
import { guests, hosts, type Place, places } from './places.ts'
import type { Row } from './rows.ts'
import { openWorld, type World } from './world.ts'

/** `required`: what is missing fails. `present`: it is skipped, by name. Without it only a smoke test runs, for it is quick. */
const mode = process.env.RUNTIMES

const edgeDocument = new URL('../../docs/edge.md', import.meta.url)

// table.ts reads the names: columns, and their rows.
if (mode) {
  for (const place of places) describeOn(place, () => testAll(place))
} else {
  test.each(guests)('docs/edge.md says how $name serves', ({ by: [program, ...args] }) => {
    const command = [basename(program), ...args, 'src/cli/main.ts serve'].join(' ')
    expect(readFileSync(edgeDocument, 'utf8').split('\n')).toContain(command)
  })
  for (const host of guests) describeOn(host, () => test(smokeRow.name, () => smokeRow.run(host)))
  test.skip('everything, on workerd too: SKIPPED, `npm run test:runtimes` takes a minute', () => {})
}

function describeOn(place: Place, tests: () => void): void {
  const missing = place.missing()
  const isSkipped = missing !== undefined && mode !== 'required'
  const title = isSkipped ? `${place.name}: SKIPPED, ${missing}` : place.name
  describe.skipIf(isSkipped)(title, { timeout: 60_000 }, () => {
    beforeAll(() => {
      if (missing !== undefined) throw new Error(missing)
    })
    tests()
  })
}

function testAll(place: Place): void {
  const begun = new Map<Row, Promise<void>>()
  let world: World
  beforeAll(async () => {
    world = await openWorld(place)
    for (const row of outageRows.filter(({ isLong }) => isLong)) {
      const running = row.run(world, place)
      running.catch(() => {}) // Its own test tells.
      begun.set(row, running)
    }
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  for (const row of [...httpRows, ...deliveryRows]) test(row.name, () => row.run(world, place))
  for (const host of hosts.filter((each) => each === place)) {
    for (const row of [smokeRow, ...hostRows]) test(row.name, () => row.run(host))
  }
  for (const row of outageRows) test(row.name, () => begun.get(row) ?? row.run(world, place))
}
