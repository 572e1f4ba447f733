import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indentJson } from '../../src/core/indent-json.ts'

test('any JSON keeps what it says, indented as everybody does', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      const lines = indentJson(json)
      expect(lines.join('\n')).toBe(JSON.stringify(JSON.parse(json), null, 2))
    }),
  )
})

test('strings and numbers stay to the letter, which parsing would not keep', () => {
  const json = '{"n":12345678901234567890.10,"s":"\\u00e9\\/, {}[]:"}'
  expect(indentJson(json)).toEqual([
    '{',
    '  "n": 12345678901234567890.10,',
    '  "s": "\\u00e9\\/, {}[]:"',
    '}',
  ])
})

test('the first lines alone, and depth that does not grow for ever', () => {
  expect(indentJson('[1,2,3]', 2)).toEqual(['[', '  1,'])
  const deep = indentJson(`${'['.repeat(1000)}1${']'.repeat(1000)}`)
  expect(deep.length).toBe(2001)
  expect(Math.max(...deep.map((line) => line.length))).toBeLessThan(70)
})
