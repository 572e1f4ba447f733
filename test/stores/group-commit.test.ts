import { describe, expect, test } from 'vitest'
import { createGroupCommit, type Outcome } from '../../src/stores/group-commit.ts'

/** A disk whose every write ends when the test says so. Answers each call with its double. */
function slowDisk() {
  const writes: { readonly batch: readonly number[]; end(): void; fail(error: Error): void }[] = []
  const group = createGroupCommit<number, number>(
    (batch) =>
      new Promise((resolve, reject) => {
        const end = () => resolve(batch.map((call) => ({ answer: call * 2 })))
        writes.push({ batch, end, fail: reject })
      }),
  )
  return { writes, group }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('group commit', () => {
  test('what is asked while a batch is written shares the next', async () => {
    const { writes, group } = slowDisk()
    const first = group.call(1)
    await turn()
    const later = [group.call(2), group.call(3), group.call(4)]
    await turn()
    expect(writes.map(({ batch }) => batch)).toEqual([[1]])
    writes[0]?.end()
    expect(await first).toBe(2)
    await turn()
    expect(writes.map(({ batch }) => batch)).toEqual([[1], [2, 3, 4]])
    writes[1]?.end()
    expect(await Promise.all(later)).toEqual([4, 6, 8])
  })

  test('an idle store writes at once: no timer', async () => {
    const { writes, group } = slowDisk()
    for (const call of [1, 2]) {
      const answer = group.call(call)
      await Promise.resolve()
      await Promise.resolve()
      expect(writes).toHaveLength(call)
      writes[call - 1]?.end()
      expect(await answer).toBe(call * 2)
    }
  })

  test('a batch has a bound, and keeps the order', async () => {
    const sizes: number[] = []
    const seen: number[] = []
    const group = createGroupCommit<number, number>(async (batch) => {
      sizes.push(batch.length)
      seen.push(...batch)
      return batch.map((answer) => ({ answer }))
    })
    const calls = Array.from({ length: 1200 }, (_, i) => i)
    expect(await Promise.all(calls.map((call) => group.call(call)))).toEqual(calls)
    expect(seen).toEqual(calls)
    expect(sizes).toEqual([512, 512, 176])
  })

  test('one call that fails takes no other with it', async () => {
    const group = createGroupCommit<number, number>(async (batch) =>
      batch.map(
        (call): Outcome<number> => (call === 2 ? { error: new Error('two') } : { answer: call }),
      ),
    )
    const results = await Promise.allSettled([1, 2, 3].map((call) => group.call(call)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('a write that rejects rejects its batch alone', async () => {
    const { writes, group } = slowDisk()
    const lost = [group.call(1), group.call(2)]
    await turn()
    const next = group.call(3)
    writes[0]?.fail(new Error('the disk is gone'))
    for (const call of lost) await expect(call).rejects.toThrow('the disk is gone')
    await turn()
    writes[1]?.end()
    expect(await next).toBe(6)
  })

  test('a call without an answer is rejected, not forgotten', async () => {
    const group = createGroupCommit<number, number>(async () => [{ answer: 1 }])
    const results = await Promise.allSettled([group.call(1), group.call(2)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('idle comes after all that was asked before it', async () => {
    const { writes, group } = slowDisk()
    await group.idle()
    const answered: number[] = []
    void group.call(1).then((answer) => answered.push(answer))
    await turn()
    void group.call(2).then((answer) => answered.push(answer))
    const idle = group.idle().then(() => answered.push(0))
    writes[0]?.end()
    await turn()
    writes[1]?.end()
    await idle
    expect(answered).toEqual([2, 4, 0])
  })
})
