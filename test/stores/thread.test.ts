import { describe, expect, test } from 'vitest'
import { openLazily, openThread } from '../../src/stores/thread.ts'

const workUrl = new URL('./thread-work.ts', import.meta.url)
const open = (what = 'work') => openThread<string, string>(workUrl, what)

describe('a thread', () => {
  test('answers in order, and answers all of it before it closes', async () => {
    const thread = await open()
    const answers = Promise.all(['a', 'b', 'c'].map((question) => thread.ask(question)))
    await thread.close()
    expect(await answers).toEqual(['A', 'B', 'C'])
  })

  test('a start that fails rejects with its reason', async () => {
    await expect(open('fail to open')).rejects.toThrow('the door is stuck')
  })

  test.each([
    { how: 'throw', cause: 'out of breath' },
    { how: 'exit', cause: 'exit code 3' },
  ])(
    'when it dies ($how), what is pending and all that follows is rejected',
    async ({ how, cause }) => {
      const thread = await open()
      expect(await thread.ask('a')).toBe('A')
      for (const outcome of await Promise.allSettled([thread.ask(how), thread.ask('b')])) {
        expect(outcome).toMatchObject({
          reason: expect.objectContaining({ message: expect.stringMatching(cause) }),
        })
      }
      await expect(thread.ask('c')).rejects.toThrow('restart the gateway')
      await thread.close()
    },
  )

  test('once closed it says so', async () => {
    const thread = await open()
    await thread.close()
    await expect(thread.ask('a')).rejects.toThrow('the store is closed')
    await thread.close()
  })

  test('a question that cannot be sent leaves the answers of the others in place', async () => {
    const thread = await openThread<unknown, string>(workUrl, 'work')
    await expect(thread.ask(() => {})).rejects.toThrow('could not be cloned')
    expect(await thread.ask('a')).toBe('A')
    await thread.close()
  })
})

test.each(['throw', 'exit'])(
  'one that opens lazily opens anew when it has died (%s)',
  async (how) => {
    let opened = 0
    const thread = openLazily<string, string>((died) => {
      opened++
      return openThread(workUrl, 'work', died)
    })
    expect(opened).toBe(0)
    expect(await thread.ask('a')).toBe('A')
    await expect(thread.ask(how)).rejects.toThrow('has stopped')
    await expect.poll(() => thread.ask('b').catch(() => '')).toBe('B')
    expect(opened).toBe(2)
    await thread.close()
    await expect(thread.ask('c')).rejects.toThrow('the store is closed')
  },
)
