import { expect, test } from 'vitest'
import { discard } from '../../../src/core/operations/discard.ts'
import { pauseSink, resumeSink } from '../../../src/core/operations/pause-sink.ts'
import { retryDead } from '../../../src/core/operations/retry-dead.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { accept, owedTo, START, settleAll, setup } from './setup.ts'

const dead = { state: 'dead', reason: 'HTTP 500' } as const

async function openDead(count: number) {
  const opened = setup()
  for (let n = 0; n < count; n++) await accept(opened, `event-${n}`, { owed: ['lake'] })
  for (let done = 0; done < count; done += 1000) await settleAll(opened.store, 'lake', dead)
  return opened
}

test('dead letters are owed again, in batches, their attempts counted from 1', async () => {
  const { store, operator, audit } = await openDead(1200)
  const seen: number[] = []
  const selection = { filter: { sink: 'lake', since: START } }
  expect(await retryDead(operator, { selection, dryRun: true })).toEqual({ retried: 1200 })
  expect(await audit()).toEqual([])
  const answer = await retryDead(operator, { selection, dryRun: false }, ({ retried }) =>
    seen.push(retried),
  )
  expect(answer).toEqual({ retried: 1200 })
  expect(seen.slice(0, 3)).toEqual([500, 1000, 1200])
  expect(await store.backlog()).toMatchObject([{ sink: 'lake', pending: 1200, dead: 0 }])
  expect((await owedTo(store, 'lake'))[0]).toBe('event-200 pending 0')
  expect(await audit()).toMatchObject([
    {
      actor: 'cli alice@host',
      action: 'retry',
      request: { filter: { sink: 'lake', since: '2026-11-22T09:30:00.000Z' } },
      outcome: { retried: 1200 },
    },
  ])
})

test('ids that are not of dead letters are passed over, and the audit keeps a bounded number', async () => {
  const { store, operator, audit } = await openDead(2)
  const [id = ''] = (await store.deliveries({ limit: 1 })).items.map((one) => one.id)
  const ids = [id, ...Array.from({ length: 150 }, (_, n) => `no-${n}`)]
  expect(await retryDead(operator, { selection: { ids }, dryRun: false })).toEqual({ retried: 1 })
  expect(await owedTo(store, 'lake')).toEqual(['event-0 dead 1', 'event-1 pending 0'])
  expect(await audit()).toMatchObject([{ request: { ids: ids.slice(0, 100), of: 151 } }])
})

test('of many ids the store is handed no more at once than it works on', async () => {
  const { store, operator } = await openDead(3)
  const handed: number[] = []
  const retry: typeof store.retry = (selection, batch) => {
    if ('ids' in selection) handed.push(selection.ids.length)
    return store.retry(selection, batch)
  }
  const { items } = await store.deliveries({ limit: 3 })
  const others = Array.from({ length: 1100 }, (_, n) => `no-${n}`)
  const ids = [...others, ...items.map(({ id }) => id), ...others]
  const ledger = { ...store, retry }
  const answer = await retryDead({ ...operator, ledger }, { selection: { ids }, dryRun: false })
  expect(answer).toEqual({ retried: 3 })
  expect(handed).toEqual([500, 500, 103])
})

test('what a sink is owed becomes dead letters that say who discarded them, and can be retried', async () => {
  const opened = setup()
  const { store, operator, audit } = opened
  for (let n = 0; n < 700; n++) await accept(opened, `event-${n}`, { owed: ['lake', 'finance'] })
  const seen: number[] = []
  const answer = await discard(operator, { sink: 'lake' }, (state) => seen.push(state.discarded))
  expect(answer).toEqual({ discarded: 700 })
  expect(seen.slice(0, 2)).toEqual([500, 700])
  const { items } = await store.deliveries({ sink: 'lake', limit: 1 })
  expect(items).toMatchObject([{ state: 'dead', reason: 'discarded by cli alice@host' }])
  expect(await audit()).toMatchObject([{ request: { sink: 'lake' }, outcome: { discarded: 700 } }])
  const selection = { filter: { sink: 'lake' } }
  expect(await retryDead(operator, { selection, dryRun: false })).toEqual({ retried: 700 })
  const left = (await store.backlog()).map(({ sink, pending }) => `${sink} ${pending}`)
  expect(left.sort()).toEqual(['finance 700', 'lake 700'])
})

test('an operator pauses and resumes a sink, which also ends the receiver’s pause', async () => {
  const { store, operator, audit } = setup()
  await store.pause({ sink: 'lake', by: 'receiver', at: START, options: 'abcdefgh' })
  await pauseSink(operator, { sink: 'lake' })
  await pauseSink(operator, { sink: 'chat' })
  expect(await store.pauses()).toContainEqual({
    sink: 'lake',
    by: 'operator',
    at: START,
    options: '',
  })
  const { ended } = await resumeSink(operator, { sink: 'lake' })
  expect([...ended].sort()).toEqual(['operator', 'receiver'])
  expect((await store.pauses()).map(({ sink }) => sink)).toEqual(['chat'])
  expect((await audit()).map(({ action, request }) => [action, request.sink])).toEqual([
    ['resume', 'lake'],
    ['pause', 'chat'],
    ['pause', 'lake'],
  ])
})

test('what fails is in the audit with its error, and what was done until then', async () => {
  const store = openMemoryStore()
  let batches = 0
  const failing = {
    ...store,
    discard: (...args: Parameters<typeof store.discard>) =>
      ++batches > 1 ? Promise.reject(new Error('disk full')) : store.discard(...args),
  }
  const opened = setup(failing)
  for (let n = 0; n < 600; n++) await accept(opened, `event-${n}`, { owed: ['lake'] })
  await expect(discard(opened.operator, { sink: 'lake' })).rejects.toThrow('disk full')
  expect(await opened.audit()).toMatchObject([{ outcome: { discarded: 500, error: 'disk full' } }])
})

test('nothing is done that the audit cannot hold', async () => {
  const store = openMemoryStore()
  const failing = { ...store, record: () => Promise.reject(new Error('disk full')) }
  const { operator } = setup(failing)
  await expect(pauseSink(operator, { sink: 'lake' })).rejects.toThrow('disk full')
  expect(await store.pauses()).toEqual([])
})

test('between two batches others have their turn', async () => {
  const { operator } = await openDead(1200)
  let turns = 0
  const timer = setInterval(() => turns++)
  await retryDead(operator, { selection: { filter: {} }, dryRun: false })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(0)
})
