import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { flushed } from '../../src/cli/flushed.ts'

test('a slow reader is waited for as often as there are pages, and nothing is left behind', async () => {
  const slow = new Writable({ write: (_chunk, _encoding, taken) => setImmediate(taken) })
  for (let page = 0; page < 3; page++) {
    slow.write('page')
    await flushed(slow)
    expect(slow.writableLength).toBe(0)
  }
  expect(slow.eventNames()).toEqual([])
})

test('whoever has stopped reading is waited for no longer', async () => {
  const gone = new Writable({ write() {} })
  gone.write('page')
  const waiting = flushed(gone)
  gone.destroy()
  await waiting
  expect(gone.eventNames()).toEqual([])
})
