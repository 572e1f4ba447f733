import { expect } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { LEASE, T } from './samples.ts'

/** Also what the load has left claimed: its leases are free. */
const everything = { now: T, leaseMs: LEASE, limit: 1_000_000 }

/** A store that was killed in the middle of a load, and is open again at `T`, has all that the load has said, whole. */
export async function expectAcknowledged(store: Store, said: readonly string[]): Promise<void> {
  const accepted = idsOf(said, 'accepted')
  const settled = new Set(idsOf(said, 'settled'))
  const finance = await eventsOwedTo(store, 'finance')
  const lake = new Set(await eventsOwedTo(store, 'lake'))
  expect(await eventsOwedTo(store, 'hr')).toEqual(finance)
  expect(new Set(finance).size).toBe(finance.length)
  expect(accepted.filter((id) => !finance.includes(id))).toEqual([])
  expect([...settled].filter((id) => lake.has(id))).toEqual([])
  const neverSettled = accepted.filter((id) => Number(id.split('-')[1]) % 2 === 0)
  expect(neverSettled.filter((id) => !lake.has(id))).toEqual([])
}

export function idsOf(said: readonly string[], word: 'accepted' | 'settled'): string[] {
  return said
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1))
}

async function eventsOwedTo(store: Store, sink: string): Promise<string[]> {
  return (await store.claim({ sink, ...everything })).map(({ event }) => event.id).sort()
}
