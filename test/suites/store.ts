import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../src/core/store.ts'
import { acceptance, T } from '../stores/samples.ts'
import { acceptLaws } from './store/accept.ts'
import { backlogLaws } from './store/backlog.ts'
import { claimLaws } from './store/claim.ts'
import { discardLaws } from './store/discard.ts'
import { givenStore } from './store/given.ts'
import { listLaws } from './store/lists.ts'
import { operatorLaws } from './store/operators.ts'
import { orderLaws } from './store/order.ts'
import { outcomeLaws } from './store/outcomes.ts'
import { oweLaws } from './store/owe.ts'
import { pruneLaws } from './store/prune.ts'
import { randomLaws } from './store/random.ts'
import { retryLaws } from './store/retry.ts'
import { settleLaws } from './store/settle.ts'

/**
 * What every store keeps, whatever it is made of. `open` gives an empty one. To `empty` the one that is open, where that
 * can be, is far cheaper than to open another.
 */
export function storeLaws(
  name: string,
  open: () => Promise<Store>,
  empty?: () => Promise<void>,
): void {
  describe(`the laws of a store: ${name}`, () => {
    const given = givenStore(open)
    let isOpen = false
    beforeEach(async () => {
      if (isOpen && empty) return empty()
      if (isOpen) await given.store.close()
      await given.open()
      isOpen = true
    })
    afterAll(() => given.store.close())

    acceptLaws(given)
    claimLaws(given)
    settleLaws(given)
    orderLaws(given)
    backlogLaws(given)
    listLaws(given)
    outcomeLaws(given)
    retryLaws(given)
    oweLaws(given)
    discardLaws(given)
    operatorLaws(given)
    pruneLaws(given)
    randomLaws(given)

    test('a store in order passes its check', async () => {
      await expect(given.store.check()).resolves.toBeUndefined()
    })

    test('empty batches are nothing', async () => {
      expect(await given.store.accept([], T)).toEqual([])
      await given.store.settle([])
      await given.store.release([])
      expect(await given.store.backlog()).toEqual([])
    })

    test('closing twice is closing once', async () => {
      await given.store.accept([acceptance('e1')], T)
      await Promise.all([given.store.close(), given.store.close()])
      await given.store.close()
      await given.open()
    })

    test('what was asked before a close is answered', async () => {
      const accepting = given.store.accept([acceptance('e1')], T)
      const closing = given.store.close()
      expect(await accepting).toEqual([{ duplicate: false, granted: [] }])
      await closing
      await given.open()
    })
  })
}
