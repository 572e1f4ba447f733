import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import {
  fileSchema,
  routeSchema,
  sinkSchema,
  sourceSchemaOf,
} from '../../src/config/check/options.ts'
import { entrySchema, plainSchema } from '../../src/config/check/shape.ts'
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

test('the gateway’s own schemas are in order, which no start sees to', () => {
  const own = [
    ...[fileSchema, routeSchema, sinkSchema, ...Object.values(eventSchemas)].map(plainSchema),
    ...sourceTypes.map((type) => entrySchema(sourceSchemaOf(type), type)),
    ...sinkTypes.map((type) => entrySchema(sinkSchema, type)),
  ]
  for (const schema of own) expect(() => checkOptionsSchema(schema)).not.toThrow()
  expect(() => checkOptionsSchema({ properties: { a: { minLength: -1 } } })).toThrow(
    'schema is invalid: data/properties/a/minLength must be >= 0',
  )
})
