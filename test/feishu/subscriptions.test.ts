import { describe, expect, test } from 'vitest'
import type { Runtime } from '../../src/core/runtime.ts'
import { createSubscriptions, subscribeNow } from '../../src/feishu/subscriptions.ts'
import { feishu } from '../../src/sources/feishu.ts'
import { openPlatform } from './open-platform.ts'

const wanted = (...codes: readonly string[]) =>
  codes.map((code, index) => ({ code, places: [`routes.yaml:${index + 10}:5  routes.${index}`] }))

const statesOf = (results: readonly { state: string }[]) => results.map(({ state }) => state)

const UNAVAILABLE = { status: 503, body: {} }

test('each code once, and never again in the same process', async () => {
  await using platform = await openPlatform({ subscribed: ['B'] })
  const { app, runtime, sleep, log } = platform
  const { subscribe, close } = createSubscriptions(app, runtime, sleep)
  expect(await subscribe(wanted('A', 'B'))).toEqual([
    { code: 'A', state: 'subscribed', message: '' },
    { code: 'B', state: 'already subscribed', message: '' },
  ])
  expect(log.lines).toEqual([
    'info approvals are subscribed {"subscribed":1,"already_subscribed":1}',
  ])
  expect(statesOf(await subscribe(wanted('B', 'A')))).toEqual([
    'already subscribed',
    'already subscribed',
  ])
  expect(platform.asked()).toEqual(['A', 'B'])
  expect(log.lines).toHaveLength(1)
  await subscribe(wanted('A', 'C'))
  expect(platform.asked()).toEqual(['A', 'B', 'C'])
  expect(platform.api.isSubscribed(app.appId, 'C')).toBe(true)
  await close()
})

test('however many there are, at most 100 a minute, evenly', async () => {
  await using platform = await openPlatform()
  const { app, runtime, sleep } = platform
  const codes = Array.from({ length: 250 }, (_, index) => `code-${index}`)
  const { subscribe, close } = createSubscriptions(app, runtime, sleep)
  const results = await subscribe(wanted(...codes))
  // The simulator answers 429 as Feishu does.
  expect(new Set(statesOf(results))).toEqual(new Set(['subscribed']))
  expect(platform.asked()).toEqual(codes)
  const times = platform.calls.filter(({ token }) => token !== '').map(({ at }) => at)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(600)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(700)
  await close()
})

test('the sources of one app share its pace, as Feishu counts an app, and other apps have their own', async () => {
  const clock = { now: 0 }
  const asleep: { at: number; wake(): void }[] = []
  const sleep = (ms: number) =>
    new Promise<void>((wake) => void asleep.push({ at: clock.now + ms, wake }))
  const calls: { app: string; at: number }[] = []
  const answer = { code: 0, tenant_access_token: 't', expire: 7200 }
  const fetch: Runtime['fetch'] = async (url) => {
    const { host, pathname } = new URL(url)
    if (pathname.endsWith('/subscribe')) calls.push({ app: host, at: clock.now })
    return new Response(JSON.stringify(answer))
  }
  await using platform = await openPlatform()
  const sourceOf = (app: string) => {
    const feishuApp = { ...platform.app, domain: `https://${app}` }
    // Each source has a log, and with it a runtime, of its own.
    const runtime = { ...platform.runtime, fetch, now: () => clock.now }
    return createSubscriptions(feishuApp, runtime, sleep)
  }
  const sources = ['one', 'one', 'two'].map(sourceOf)
  const codes = wanted(...Array.from({ length: 100 }, (_, index) => `code-${index}`))
  const asked = Promise.all(sources.map(({ subscribe }) => subscribe(codes)))
  const countOf = (app: string) => calls.filter((call) => call.app === app).length
  const in59Seconds: number[] = []
  while (calls.length < 300) {
    await new Promise((resolve) => setImmediate(resolve))
    const [next] = asleep.sort((a, b) => a.at - b.at).splice(0, 1)
    if (clock.now < 59_000 && (next?.at ?? 0) >= 59_000) {
      in59Seconds.push(countOf('one'), countOf('two'))
    }
    clock.now = next?.at ?? clock.now
    next?.wake()
  }
  expect(in59Seconds).toEqual([89, 89])
  await asked
  await Promise.all(sources.map(({ close }) => close()))
})

test('an unknown code is told with its place, and asked for again with the next plan alone', async () => {
  await using platform = await openPlatform({ approvals: ['A'] })
  const { app, runtime, sleep, log } = platform
  const { subscribe, close } = createSubscriptions(app, runtime, sleep)
  expect(statesOf(await subscribe(wanted('A', 'X')))).toEqual(['subscribed', 'unknown'])
  expect(log.lines).toContain(
    'warn Feishu knows no approval with this code: routes.yaml:11:5  routes.1 {}',
  )
  await subscribe(wanted('A', 'X'))
  expect(platform.asked()).toEqual(['A', 'X', 'X'])
  await close()
})

test('Feishu in trouble over one code: tried again at once, and the others are not held up', async () => {
  await using platform = await openPlatform()
  const { app, runtime, sleep } = platform
  const { subscribe, close } = createSubscriptions(app, runtime, sleep)
  platform.api.failNext(2)
  expect(statesOf(await subscribe(wanted('A', 'B')))).toEqual(['subscribed', 'subscribed'])
  expect(platform.asked()).toEqual(['A', 'A', 'A', 'B'])

  platform.api.failNext(3)
  const results = await subscribe(wanted('C', 'D'))
  expect(results).toEqual([
    { code: 'C', state: 'failed', message: expect.stringContaining('1395001') },
    { code: 'D', state: 'subscribed', message: '' },
  ])
  await close()
})

describe('in the background', () => {
  /** Waits until the condition holds: what is awaited comes from real HTTP. */
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }

  test('what failed is tried again with growing waits, and one line says so of all', async () => {
    await using platform = await openPlatform()
    const { app, runtime, sleep, log, waits } = platform
    const { subscribe, close } = createSubscriptions(app, runtime, sleep)
    platform.answerNext(...Array.from({ length: 9 }, () => UNAVAILABLE))
    const results = await subscribe(wanted('A', 'B'))
    expect(statesOf(results)).toEqual(['failed', 'failed'])
    await until(() => log.lines.some((line) => line.startsWith('info')))
    await close()
    const long = waits.filter((ms) => ms >= 5000)
    expect(long).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600].map((s) => s * 1000))
    const warned = log.lines.filter((line) => line.startsWith('warn'))
    expect(warned).toHaveLength(9)
    expect(warned[0]).toMatch(
      /^warn approvals are not subscribed, .* tried again in 5 s \{"approvals":2,"places":\["routes\.yaml:10:5 {2}routes\.0",.*"error":"127\.0\.0\.1:\d+ answered 503"\}$/,
    )
    expect(log.lines.at(-1)).toMatch(/^info approvals are subscribed {"subscribed":2/)
  })

  test('one approval that ends every round does not hold up the others', async () => {
    await using platform = await openPlatform()
    const { app, runtime, sleep, log } = platform
    const { subscribe, close } = createSubscriptions(app, runtime, sleep)
    await subscribe(wanted('first'))
    platform.answerNext(UNAVAILABLE)
    await subscribe(wanted('poison', 'A', 'B'))
    await until(
      () => log.lines.at(-1)?.startsWith('info approvals are subscribed {"subscribed":3') ?? false,
    )
    expect(platform.asked()).toEqual(['first', 'poison', 'A', 'B', 'poison'])
    await close()
  })

  test('a wrong secret: one call a round, whatever the number of codes, and no secret in the log', async () => {
    await using platform = await openPlatform()
    const { runtime, log } = platform
    const app = { ...platform.app, appSecret: 'a-wrong-secret' }
    const { subscribe, close } = createSubscriptions(app, runtime, waitForEnd(platform))
    const results = await subscribe(wanted('A', 'B', 'C'))
    expect(results.map(({ message }) => message)).toEqual(
      Array(3).fill(expect.stringContaining('refuses app_id and app_secret')),
    )
    expect(platform.calls).toHaveLength(1)
    await close()
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toContain('developer console')
    expect(log.lines[0]).not.toContain('a-wrong-secret')
  })

  test('a newer plan ends the tries for the plan before', async () => {
    await using platform = await openPlatform()
    const { app, runtime } = platform
    const { subscribe, close } = createSubscriptions(app, runtime, waitForEnd(platform))
    platform.answerNext(UNAVAILABLE)
    expect(statesOf(await subscribe(wanted('A')))).toEqual(['failed'])
    expect(statesOf(await subscribe(wanted('B')))).toEqual(['subscribed'])
    await close()
    expect(platform.asked()).toEqual(['B'])
  })

  test('close ends a round and a wait, and nothing is asked after it', async () => {
    await using platform = await openPlatform()
    const { app, log } = platform
    const runtime = { ...platform.runtime, now: Date.now }
    const waiting = createSubscriptions(app, runtime)
    platform.answerNext(UNAVAILABLE)
    await waiting.subscribe(wanted('A'))
    await waiting.close()

    const asking = createSubscriptions(app, runtime)
    const asked = asking.subscribe(wanted('A', 'B', 'C'))
    await until(() => platform.asked().length === 1)
    await asking.close()
    expect(statesOf(await asked).slice(1)).toEqual(['failed', 'failed'])
    expect(statesOf(await asking.subscribe(wanted('D')))).toEqual(['failed'])
    expect(platform.asked()).toEqual(['A'])
    // What the end of the process does to its calls is no news.
    expect(log.lines).toHaveLength(1)
  })

  const waitForEnd =
    ({ sleep }: { sleep(ms: number): Promise<void> }) =>
    (ms: number, signal: AbortSignal) =>
      ms < 5000 || signal.aborted
        ? sleep(ms)
        : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
})

test('neither secret, token nor code is in the log, even when Feishu repeats them', async () => {
  await using platform = await openPlatform()
  const { app, runtime, sleep, log } = platform
  const { subscribe, close } = createSubscriptions(app, runtime, sleep)
  await subscribe(wanted('FIRST-CODE'))
  const token = platform.calls.at(-1)?.token ?? ''
  const msg = `${app.appSecret} ${token} SECRET-CODE`
  platform.answerNext({ status: 400, body: { code: 1399999, msg } })
  await subscribe(wanted('SECRET-CODE'))
  await close()
  expect(log.lines).toHaveLength(2)
  const text = log.lines.join('\n')
  for (const secret of [app.appSecret, token, 'FIRST-CODE', 'SECRET-CODE']) {
    expect(text).not.toContain(secret)
  }
})

test('for a command: one round, with its progress', async () => {
  await using platform = await openPlatform({ approvals: ['A'] })
  const done: number[] = []
  const runtime = { ...platform.runtime, now: Date.now }
  const { signal } = new AbortController()
  const progress = (count: number) => void done.push(count)
  const results = await subscribeNow(platform.app, wanted('A', 'X'), runtime, {
    signal,
    progress,
  })
  expect(statesOf(results)).toEqual(['subscribed', 'unknown'])
  expect(done).toEqual([1, 2])
})

test('a source subscribes where its options say so', async () => {
  await using platform = await openPlatform()
  const { app, runtime } = platform
  const options = {
    verification_token: 't',
    app_id: app.appId,
    app_secret: app.appSecret,
    domain: `${app.domain}/`,
  }
  const silent = await feishu.open({ ...options, subscribe: false }, runtime)
  expect(silent.subscribe).toBeUndefined()
  const source = await feishu.open({ ...options, subscribe: true }, runtime)
  expect(statesOf((await source.subscribe?.(wanted('A'))) ?? [])).toEqual(['subscribed'])
  await source.close?.()
})

test('a source with credentials is asked for them, whether or not it subscribes', async () => {
  await using platform = await openPlatform()
  const { app, runtime } = platform
  const { signal } = new AbortController()
  const open = (credentials: object) =>
    feishu.open(
      { verification_token: 't', domain: app.domain, subscribe: false, ...credentials },
      runtime,
    )
  const good = await open({ app_id: app.appId, app_secret: app.appSecret })
  expect(await good.probe?.(signal)).toBe('Feishu takes app_id and app_secret')
  const bad = await open({ app_id: app.appId, app_secret: 'hush-hush' })
  await expect(bad.probe?.(signal)).rejects.toThrow(/^Feishu refuses app_id and app_secret \(10014/)
  expect((await open({})).probe).toBeUndefined()
})
