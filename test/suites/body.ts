import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { openReceiver } from '../receiver.ts'

interface Question {
  readonly url: string
  /** The answer's text is of no interest. */
  readonly unread?: boolean
}

interface Outcome {
  readonly status?: number
  readonly text?: string
}

/** How much of an answer's body a fetch reads, and when it cuts it off. `ask` waits for a body's end for 300 ms. */
export function testBody(ask: (question: Question) => Promise<Outcome>): void {
  describe('a body', () => {
    test('without end is read to 16 KiB, and cut off', async () => {
      await using receiver = await openReceiver()
      const cutOff = Promise.withResolvers<void>()
      receiver.answerWith(endless(cutOff.resolve))
      const { text } = await ask({ url: receiver.url })
      expect(text).toBe('€'.repeat(5461)) // 16,383 bytes: the cut halves the next one.
      await cutOff.promise
    })

    test('without end is cut off when no one reads it', async () => {
      await using receiver = await openReceiver()
      const cutOff = Promise.withResolvers<void>()
      receiver.answerWith(endless(cutOff.resolve))
      expect(await ask({ url: receiver.url, unread: true })).toMatchObject({ status: 200 })
      await cutOff.promise
    })

    test('that dribbles is cut off in time, and its text is what has come', async () => {
      await using receiver = await openReceiver()
      const cutOff = Promise.withResolvers<void>()
      receiver.answerWith((response) => {
        response.on('close', cutOff.resolve)
        response.write('drop')
      })
      expect(await ask({ url: receiver.url })).toMatchObject({ status: 200, text: 'drop' })
      await cutOff.promise
    })
  })
}

function endless(cutOff: () => void) {
  return (response: ServerResponse) => {
    response.on('close', cutOff)
    const write = () => {
      while (!response.destroyed && response.write('€'.repeat(4096)));
    }
    response.on('drain', write)
    write()
  }
}
