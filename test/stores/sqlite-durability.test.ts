import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { acceptance, LEASE, MINUTE, settlement, T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()
const everything = { now: T + MINUTE, leaseMs: LEASE, limit: 1_000_000 }
const childFile = fileURLToPath(new URL('./load-child.ts', import.meta.url))

async function eventsOwedTo(store: Store, sink: string): Promise<string[]> {
  return (await store.claim({ sink, ...everything })).map(({ event }) => event.id).sort()
}

describe('opening the file again', () => {
  test('leases are freed, retries keep their time, events stay known', async () => {
    const file = files.fresh()
    const before = await openSqliteStore({ file, now: () => T })
    const owed = [{ sink: 'lake', claimMs: LEASE }]
    await before.accept(
      [acceptance('born', { owed }), acceptance('retry'), acceptance('claimed')],
      T,
    )
    const claimed = await before.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 9 })
    const retry = claimed.find(({ event }) => event.id === 'retry')
    if (!retry) throw new Error('it was due')
    await before.settle([settlement(retry, { state: 'pending', dueAt: T + 9 * MINUTE })])
    await before.close()

    const after = await openSqliteStore({ file, now: () => T + 1 })
    const query = { sink: 'lake', leaseMs: LEASE, limit: 9 }
    expect(await after.claim({ ...query, now: T + 1 })).toMatchObject([
      { event: { id: 'born' }, claim: 2, attempt: 1, cutShort: 1 },
      { event: { id: 'claimed' }, claim: 2, attempt: 1, cutShort: 1 },
    ])
    expect(await after.claim({ ...query, now: T + 9 * MINUTE - 1, limit: 1 })).toMatchObject([
      { event: { id: 'born' } }, // Its second lease ran out; the retry is still not due.
    ])
    expect(await after.accept([acceptance('born')], T)).toMatchObject([{ duplicate: true }])
    expect(await after.backlog()).toMatchObject([{ sink: 'lake', pending: 3 }])
    await after.close()
  })

  test('of a key the earliest comes first, also where a later one was in flight', async () => {
    const file = files.fresh()
    const query = { sink: 'lake', now: T, leaseMs: LEASE, limit: 9 }
    const before = await openSqliteStore({ file, now: () => T })
    const owed = [{ orderKey: 'k' }]
    await before.accept([acceptance('e1', { owed }), acceptance('e2', { owed })], T)
    const first = await before.claim(query)
    const dead = { state: 'dead' as const, reason: 'HTTP 400' }
    await before.settle(first.map((one) => settlement(one, dead)))
    expect(await before.claim(query)).toMatchObject([{ event: { id: 'e2' } }])
    await before.retry({ filter: {} }, { dryRun: false, now: T, limit: 9 })
    await before.close()

    const after = await openSqliteStore({ file, now: () => T })
    expect(await after.claim(query)).toMatchObject([{ event: { id: 'e1' } }])
    expect(await after.claim(query)).toEqual([])
    await after.close()
  })

  test('each claim that a restart cuts short counts, so that a poisonous event ends', async () => {
    const file = files.fresh()
    const cuts: (number | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      const store = await openSqliteStore({ file, now: () => T })
      await store.accept([acceptance('poison')], T)
      const [claimed] = await store.claim({ sink: 'lake', now: T, leaseMs: LEASE, limit: 1 })
      cuts.push(claimed?.cutShort)
      await store.close()
    }
    expect(cuts).toEqual([0, 1, 2])
  })
})

describe('kill -9', () => {
  /** Runs the load on a file until it has printed so many lines, kills it, and gives all that it printed. */
  async function killMidLoad(file: string, lines: number): Promise<string[]> {
    const child: ChildProcess = spawn(process.execPath, [childFile, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    const printed: string[] = []
    if (!child.stdout) throw new Error('no stdout')
    for await (const line of createInterface(child.stdout)) {
      if (printed.push(line) === lines) child.kill('SIGKILL')
    }
    await closed
    return printed
  }

  const idsOf = (printed: readonly string[], word: string) =>
    printed.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  test('what was acknowledged is all there, whole, and its lock is free', async () => {
    const file = files.fresh()
    const printed = await killMidLoad(file, 900)
    const accepted = idsOf(printed, 'accepted')
    const settled = new Set(idsOf(printed, 'settled'))
    expect(accepted.length).toBeGreaterThan(300)
    expect(settled.size).toBeGreaterThan(100)

    const store = await openSqliteStore({ file, now: () => T })
    const finance = await eventsOwedTo(store, 'finance')
    const lake = new Set(await eventsOwedTo(store, 'lake'))
    expect(await eventsOwedTo(store, 'hr')).toEqual(finance)
    expect(new Set(finance).size).toBe(finance.length)
    expect(accepted.filter((id) => !finance.includes(id))).toEqual([])
    expect([...settled].filter((id) => lake.has(id))).toEqual([])
    const neverSettled = accepted.filter((id) => Number(id.split('-')[1]) % 2 === 0)
    expect(neverSettled.filter((id) => !lake.has(id))).toEqual([])
    await store.close()
  })
})
