import { expect, test } from 'vitest'
import { readable } from '../../src/hosts/node-log.ts'

const time = '2026-11-22T18:04:05.000Z'

test('a line for people says the time, the level, the message and its fields', () => {
  const line = JSON.stringify({
    level: 40,
    time,
    msg: 'delivery failed',
    sink: 'a',
    error: 'HTTP 503',
  })
  expect(readable(line)).toBe('18:04:05  warn   delivery failed  sink=a  error="HTTP 503"\n')
})

test('nothing in it moves the terminal: an event, or a receiver, may say anything', () => {
  const fields = { id: '\u001b]0;title\u0007', error: '\u009b2J \u202e \u007f\n', msg: '\u001b[2J' }
  const shown = readable(JSON.stringify({ level: 30, time, ...fields }))
  expect(shown.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(shown).toContain('id=\\u001b]0;title\\u0007')
})
