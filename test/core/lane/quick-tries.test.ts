import { expect, test } from 'vitest'
import type { Sink } from '../../../src/core/plugin.ts'
import { planOf, START, scripted, setup } from '../lanes.ts'

const retry = { waits: [5000], jitter: 0, quick: 2 }

test('once the breaker is open nothing is sent, also no quick try that was waiting then', async () => {
  const open: boolean[] = []
  const begun = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<void>()
  const { sink } = scripted({ transient: true }, { unreachable: true }, 'ok')
  const second: Sink = {
    async deliver(...args) {
      open.push(gateway.dispatch.status()[0]?.breaker === 'open')
      if (open.length === 2) {
        begun.resolve()
        await failed.promise
      }
      return sink.deliver(...args)
    },
  }
  const settings = { breaker: { failures: 2, cooldownMs: 30_000 }, retry }
  const gateway = setup({ sinks: { a: { sink: second, settings } } })
  for (let each = 0; each < 2; each++) await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await begun.promise
  // The first is waiting for its quick try by now.
  setImmediate(failed.resolve)
  await gateway.dispatch.drain()
  expect(open).toEqual([false, false])
  expect(gateway.dispatch.status()).toMatchObject([{ breaker: 'open' }])
})

test.each(['a pause', 'a close'])('%s lets no quick try follow', async (what) => {
  const failing = { transient: true }
  const { sink, calls } = scripted(failing, failing, failing)
  const gateway = setup({ sinks: { a: { sink, settings: { retry } } } })
  await gateway.owe('a')
  gateway.dispatch.follow(planOf(...gateway.lives))
  await expect.poll(calls).toBe(1)
  await gateway.store.pause({ sink: 'a', by: 'operator', at: START, options: '' })
  await (what === 'a close' ? gateway.dispatch.close() : gateway.dispatch.drain())
  expect(calls()).toBe(1)
})
