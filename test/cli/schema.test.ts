import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, test, vi } from 'vitest'
import { schema } from '../../src/cli/schema.ts'
import { openFolder } from '../serve.ts'

const plugin = (type: string, properties: string) =>
  `export default { type: '${type}', options: { type: 'object', properties: ${properties} }, open() {} }`

test('plugins beside the file are described, and what is none is left out', async () => {
  await using folder = await openFolder({
    'plugins/pigeon.js': plugin(
      'pigeon',
      "{ loft: { type: 'integer', description: 'Which one.' } }",
    ),
    'plugins/owl.js': plugin('owl', "{ tree: { $ref: '#/definitions/tree' } }"),
    'plugins/shared.js': 'export const feathers = 2',
    'plugins/pigeon.test.js': 'throw new Error()',
    'plugins/notes.md': '',
  })
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const values = { config: join(folder.path, 'other.yaml') }
    expect(await schema.run({ values, positionals: [] })).toBe(0)
    const isValid = new Ajv({ strict: false }).compile(JSON.parse(String(out.mock.calls[0]?.[0])))
    const isSink = (sink: object) => isValid({ sinks: { a: sink } })
    expect(isSink({ type: 'pigeon', loft: 3 })).toBe(true)
    expect(isSink({ type: 'pigeon', loft: 'x' })).toBe(false)
    expect(isSink({ type: 'pigeon', lofts: 3 })).toBe(false)
    expect(isSink({ type: 'owl', tree: 3 })).toBe(true)
    expect(err.mock.calls.map(([text]) => text)).toEqual([
      'left out: plugins/owl has options with a $ref, which has no place here\n',
      'left out: plugins/shared must export default defineSink({ type, options, open })\n',
    ])
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
})
