import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, post, type Served, serve } from '../serve.ts'

interface Hook {
  readonly name: string
  readonly url: string
}

function routes(...hooks: readonly Hook[]): string {
  const sinks = hooks.map(({ name, url }) => `  ${name}: { type: webhook, url: "${url}" }\n`)
  const rows = hooks.map(({ name }) => `  - { name: to-${name}, to: [${name}] }\n`)
  return `${FEISHU}sinks:\n${sinks.join('')}routes:\n${rows.join('')}`
}

test('a route that is added takes effect within a second, and disturbs no other sink', async () => {
  await using one = await openReceiver()
  await using two = await openReceiver()
  // The first delivery hangs over the reload: an untouched sink lets it finish.
  const { promise: release, resolve } = Promise.withResolvers<void>()
  one.answerWith((response) => void release.then(() => response.end()), status(200))
  await using folder = await openFolder({ 'routes.yaml': routes({ name: 'one', url: one.url }) })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  await expect.poll(() => one.requests.length).toBe(1)

  const editedAt = performance.now()
  await folder.write(
    'routes.yaml',
    routes({ name: 'one', url: one.url }, { name: 'two', url: two.url }),
  )
  await gateway.logged('reloaded')
  expect(performance.now() - editedAt).toBeLessThan(1000)
  resolve()
  await post(gateway.url, callbackOf())
  await expect.poll(() => [one.requests.length, two.requests.length]).toEqual([2, 1])
  expect(one.connections).toBeLessThanOrEqual(2)
})

test('a broken edit changes nothing and says why; the next good one is applied', async () => {
  await using one = await openReceiver()
  const good = routes({ name: 'one', url: one.url })
  await using folder = await openFolder({ 'routes.yaml': good })
  await using gateway = await serve(folder)
  await folder.write('routes.yaml', good.replace('to: [one]', 'to: [onee]'))
  expect(await gateway.logged('rejected')).toContain('did you mean')
  expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
  await expect.poll(() => one.requests.length).toBe(1)
  const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text()
  expect(await metrics()).toContain('lark_fanout_config_reloads_total{result="rejected"} 1')
  expect(await metrics()).toContain('\nlark_fanout_config_last_reload_successful 0\n')
  await folder.write('routes.yaml', `${good}# mended\n`)
  await gateway.logged('reloaded')
  expect(await metrics()).toContain('\nlark_fanout_config_last_reload_successful 1\n')
})

test('a secret that comes with its route in .env is found, without a restart', async () => {
  await using one = await openReceiver()
  const good = routes({ name: 'one', url: one.url })
  await using folder = await openFolder({ 'routes.yaml': good, '.env': 'PATH_OF_ONE=first\n' })
  await using gateway = await serve(folder)
  await folder.write('.env', 'PATH_OF_ONE=second\n')
  await folder.write('routes.yaml', good.replace(one.url, `${one.url}/\${PATH_OF_ONE}`))
  await gateway.logged('reloaded')
  await post(gateway.url, callbackOf())
  await expect.poll(() => one.requests.map(({ path }) => path)).toEqual(['/second'])
})

test('a file that vanishes changes nothing', async () => {
  await using one = await openReceiver()
  await using folder = await openFolder({ 'routes.yaml': routes({ name: 'one', url: one.url }) })
  await using gateway = await serve(folder)
  await rm(`${folder.path}/routes.yaml`)
  await gateway.logged('rejected')
  expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
  await expect.poll(() => one.requests.length).toBe(1)
})

function reloadsOf({ log }: Served): number {
  return log.filter((line) => line.includes('routes.yaml reloaded')).length
}

/** The file is looked at every 250 ms. */
const TWO_LOOKS_MS = 200

test('a file that is still being written is not read', async () => {
  await using one = await openReceiver()
  await using two = await openReceiver()
  const both = routes({ name: 'one', url: one.url }, { name: 'two', url: two.url })
  await using folder = await openFolder({ 'routes.yaml': both })
  await using gateway = await serve(folder)
  // Every prefix up to the last line is a good file, in which nobody is sent to two.
  const upTo = (length: number) => both.slice(0, -length)
  const lastLine = both.length - both.trimEnd().lastIndexOf('\n') - 1
  const writtenAt: number[] = []
  for (let step = 0; step < 8; step++) {
    await folder.write('routes.yaml', `${upTo(lastLine)}${'#'.repeat(step)}`)
    writtenAt.push(performance.now())
    await sleep(60)
  }
  await folder.write('routes.yaml', `${both}# done\n`)
  writtenAt.push(performance.now())
  const reachesTwo = async () => {
    await post(gateway.url, callbackOf())
    return two.requests.length
  }
  await gateway.logged('reloaded')
  await expect.poll(reachesTwo).toBeGreaterThan(0)
  // On a machine that stalls for as long as two looks the file seemed to be finished.
  const pauses = writtenAt.filter((at, index) => at - (writtenAt[index - 1] ?? at) > TWO_LOOKS_MS)
  const reloads = gateway.log.filter((line) => line.includes('reloaded'))
  expect(reloads.length).toBeLessThanOrEqual(1 + pauses.length)
})

test('with --no-watch only SIGHUP reloads', async () => {
  await using one = await openReceiver()
  const good = routes({ name: 'one', url: one.url })
  await using folder = await openFolder({ 'routes.yaml': good })
  await using gateway = await serve(folder, {}, ['--no-watch'])
  await folder.write('routes.yaml', `${good}# touched\n`)
  // More than the three looks in which a watcher would have seen it and read it.
  await sleep(1000)
  expect(gateway.log.join('\n')).not.toContain('reloaded')
  gateway.signal('SIGHUP')
  await gateway.logged('reloaded')
})

test('a sink that leaves the file and comes back gets what it is owed', async () => {
  await using one = await openReceiver()
  await using two = await openReceiver()
  one.answerWith(status(503))
  const both = routes({ name: 'one', url: one.url }, { name: 'two', url: two.url })
  const quick = both.replace(
    /(url: "[^"]+")/,
    '$1, retry: { schedule: [300ms, 300ms, 300ms, 300ms, 300ms, 300ms], quick: 0 }',
  )
  await using folder = await openFolder({ 'routes.yaml': quick })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  await expect.poll(() => one.requests.length).toBeGreaterThan(0)
  await folder.write('routes.yaml', routes({ name: 'two', url: two.url }))
  await gateway.logged('reloaded')
  one.answerWith(status(200))
  const before = one.requests.length
  await folder.write('routes.yaml', quick)
  await expect.poll(() => one.requests.length, { timeout: 5000 }).toBe(before + 1)
})

test('a team’s file takes effect within a second, as do its change and its going', async () => {
  await using one = await openReceiver()
  await using folder = await openFolder({ 'routes.yaml': FEISHU })
  await using gateway = await serve(folder)
  const hook = (path: string) =>
    `sinks: { one: { type: webhook, url: "${one.url}/${path}" } }\nroutes: [{ name: one, to: [one] }]\n`
  // What is done, and where the next event goes.
  const steps: readonly (readonly [() => Promise<void>, string?])[] = [
    [() => folder.write('routes.d/one.yaml', hook('first')), '/first'],
    [() => folder.write('routes.d/one.yaml', hook('second')), '/second'],
    [() => rm(`${folder.path}/routes.d`, { recursive: true })],
  ]
  const expected: string[] = []
  for (const [index, [step, path]] of steps.entries()) {
    const steppedAt = performance.now()
    await step()
    await expect.poll(() => reloadsOf(gateway), { interval: 10, timeout: 5000 }).toBe(index + 1)
    expect(performance.now() - steppedAt).toBeLessThan(1000)
    await post(gateway.url, callbackOf())
    if (path !== undefined) expected.push(path)
    await expect.poll(() => one.requests.map((request) => request.path)).toEqual(expected)
  }
})

test('a schema that changes is noticed, also while it is not in order', async () => {
  const schema = (code: string) =>
    JSON.stringify({ properties: { instance_code: { const: code } } })
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}schemas: { approval_cc: ./cc.json }\n`,
    'cc.json': schema('one'),
  })
  await using gateway = await serve(folder)
  const callback = callbackOf()
  const code = String(callback.event.instance_code)
  expect(await post(gateway.url, callback)).toBe('200 quarantined')
  await folder.write('cc.json', schema(code))
  await gateway.logged('reloaded')
  expect(await post(gateway.url, callbackOf({ instance_code: code }))).toBe('200 accepted')
  await folder.write('cc.json', '{')
  expect(await gateway.logged('rejected')).toContain('neither JSON nor YAML')
  expect(await post(gateway.url, callbackOf({ instance_code: code }))).toBe('200 accepted')
})
