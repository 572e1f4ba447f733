import { describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../../src/core/plugin.ts'
import { live, planOf, setup } from '../lanes.ts'

const greeting = (greet: NonNullable<Sink['greet']>): Sink => ({ async deliver() {}, greet })
const told = (lines: readonly string[]) => lines.filter((line) => line.includes('"sink"'))

describe('a sink that greets its receiver', () => {
  test('does so once, and what came of it is logged', async () => {
    let greeted = 0
    const sink = greeting(async () => `greeted ${++greeted}`)
    const { dispatch, log } = setup({ sinks: {} })
    const plan = planOf(live('a', sink))
    dispatch.follow(plan)
    dispatch.follow(plan)
    await vi.waitFor(() => expect(log.lines).toEqual(['info greeted 1 {"sink":"a"}']))
    dispatch.follow(planOf(live('a', { ...sink })))
    await vi.waitFor(() => expect(log.lines).toContain('info greeted 2 {"sink":"a"}'))
    await dispatch.close()
  })

  test('warns of what is wrong, without a secret', async () => {
    const { dispatch, log } = setup({ sinks: {} })
    const sink = greeting(() => Promise.reject(new Error('no answer to hunter2')))
    dispatch.follow(planOf(live('a', sink)))
    await vi.waitFor(() => expect(log.lines).toEqual(['warn no answer to *** {"sink":"a"}']))
    await dispatch.close()
  })

  test('delivers meanwhile, and whatever comes of it opens no breaker', async () => {
    const { promise, reject } = Promise.withResolvers<string>()
    const delivered: string[] = []
    const sink: Sink = {
      deliver: async ({ id }) => void delivered.push(id),
      greet: () => promise,
    }
    const { dispatch, log, owe } = setup({ sinks: {} })
    dispatch.follow(planOf(live('a', sink, { breaker: { failures: 1, cooldownMs: 1000 } })))
    await owe('a')
    await dispatch.drain()
    expect(delivered).toHaveLength(1)
    reject(new Error('refused'))
    await vi.waitFor(() => expect(told(log.lines)).toEqual(['warn refused {"sink":"a"}']))
    expect(dispatch.status()).toMatchObject([{ breaker: 'closed' }])
    await dispatch.close()
  })

  test('ends with its lane, without a word and whatever it does', async () => {
    const { dispatch, log } = setup({ sinks: {} })
    let ended = false
    const sink = greeting((signal) => {
      signal.addEventListener('abort', () => (ended = true))
      return new Promise(() => {})
    })
    dispatch.follow(planOf(live('a', sink)))
    await dispatch.close()
    expect(ended).toBe(true)
    expect(told(log.lines)).toEqual([])
  })

  test('is given up after 10 s', async () => {
    vi.useFakeTimers()
    const { dispatch, log } = setup({ sinks: {} })
    dispatch.follow(
      planOf(
        live(
          'a',
          greeting(() => new Promise(() => {})),
        ),
      ),
    )
    await vi.advanceTimersByTimeAsync(10_000)
    expect(log.lines.join()).toContain('warn its greeting took longer than 10 s')
    vi.useRealTimers()
    await dispatch.close()
  })

  test('harms nobody where it throws', async () => {
    const { dispatch, log } = setup({ sinks: {} })
    const sink = greeting(() => {
      throw null
    })
    dispatch.follow(planOf(live('a', sink)))
    await vi.waitFor(() => expect(log.lines).toEqual(['warn null {"sink":"a"}']))
    await dispatch.close()
  })

  test('leaves a receiver alone that the file pauses', async () => {
    let greeted = 0
    const sink = greeting(async () => `greeted ${++greeted}`)
    const { dispatch } = setup({ sinks: {} })
    dispatch.follow(planOf(live('a', sink, { paused: true })))
    await dispatch.drain()
    await dispatch.close()
    expect(greeted).toBe(0)
  })
})
