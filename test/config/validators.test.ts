import { globSync, readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { testFileSchema } from '../../src/cli/test/schema.ts'
import {
  fileSchema,
  routeSchema,
  sinkSchema,
  sourceSchemaOf,
} from '../../src/config/check/options.ts'
import { entrySchema, plainSchema } from '../../src/config/check/shape.ts'
import { teamSchema } from '../../src/config/check/team-file.ts'
import { checkOptionsSchema, compileValidators } from '../../src/config/validators.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { sinkTypes, sourceTypes } from '../../src/hosts/node-plugs.ts'

const validate = compileValidators({
  greeting: Type.Object({
    operate: Type.Union([Type.Literal('CREATE'), Type.Literal('READ')]),
    at: Type.Optional(Type.Union([Type.Number(), Type.String({ pattern: '^[0-9]+$' })])),
    deep: Type.Optional(Type.Object({ list: Type.Array(Type.String()) })),
    word: Type.Optional(Type.String({ default: 'hello' })),
  }),
})

test('what is wrong is said with its place', () => {
  expect(validate('greeting', { operate: 'WRITE' })).toEqual([
    'operate: must be one of CREATE, READ',
  ])
  expect(validate('greeting', { at: {}, deep: { list: ['a', 1, null] } })).toEqual([
    'operate: is required',
    'at: must be a number, or a string',
    'deep.list.1: must be a string, not a number',
    'deep.list.2: must be a string, but is empty',
  ])
})

test('a message never shows a value', () => {
  expect(validate('greeting', { operate: 'HUSH', at: 'HUSH' }).join()).not.toContain('HUSH')
})

test('data in order is left as it is', () => {
  const data = Object.freeze({ operate: 'CREATE', at: '17', extra: [1] })
  expect(validate('greeting', data)).toEqual([])
  expect(data).toEqual({ operate: 'CREATE', at: '17', extra: [1] })
})

test('of a type without a schema nothing is wrong', () => {
  for (const type of ['', 'other', 'constructor', '__proto__'])
    expect(validate(type, {})).toEqual([])
})

/** What `shapeOf` is asked for in src, by the name that it has there. */
const shapes = {
  fileSchema: [fileSchema],
  routeSchema: [routeSchema],
  teamSchema: [teamSchema],
  testFileSchema: [testFileSchema],
  common: [sinkSchema, ...[undefined, ...sourceTypes].map(sourceSchemaOf)],
}

test('the gateway’s own schemas are in order, which no start sees to', () => {
  const own = [
    ...[...Object.values(shapes).flat(), ...Object.values(eventSchemas)].map(plainSchema),
    ...sourceTypes.map((type) => entrySchema(sourceSchemaOf(type), type)),
    ...sinkTypes.map((type) => entrySchema(sinkSchema, type)),
  ]
  for (const schema of own) expect(() => checkOptionsSchema(schema)).not.toThrow()
  expect(() => checkOptionsSchema({ properties: { a: { minLength: -1 } } })).toThrow(
    'schema is invalid: data/properties/a/minLength must be >= 0',
  )
})

test('which are all that src asks for the shape of', () => {
  const texts = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const users = texts.filter((text) => /import {.*\bshapeOf\b.*} from '.*\/shape\.ts'/.test(text))
  const asked = users.flatMap((text) => [...text.matchAll(/\bshapeOf\((\w*)/g)])
  expect(new Set(asked.map(([, name]) => name))).toEqual(new Set(Object.keys(shapes)))
})
