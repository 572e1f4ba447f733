import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { patternDefinitions } from '../../src/config/pattern-schema.ts'
import { routesSchema } from '../../src/config/schema.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/event.ts'
import { compileFilter } from '../../src/core/filter/compile.ts'
import * as plugs from '../../src/hosts/node-plugs.ts'
import { sinkTypes, sourceTypes } from './load-text.ts'

const schema = routesSchema(sourceTypes, sinkTypes)
const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
addFormats.default(ajv)
const isValid = ajv.compile(schema)

const full = readFileSync(new URL('../fixtures/routes/full.yaml', import.meta.url), 'utf8')
const minimal = { version: 1, sources: { feishu: { type: 'feishu', verification_token: 'x' } } }
const REFERENCE = '$' + '{VALUE}'
const withSink = (sink: object) => ({ ...minimal, sinks: { a: sink } })

/** What a key lacks: an object whose own keys are described takes no value. */
function lackingIn(schema: JsonObject, path: string): string[] {
  const { items, additionalProperties: others } = schema
  const isOfKeys = [schema, items, others].some((one) => isObject(one) && 'properties' in one)
  const isShown = isOfKeys || ['examples', 'default'].some((key) => key in schema)
  return [
    ...('description' in schema ? [] : [`${path} has no description`]),
    ...(isShown ? [] : [`${path} has neither an example nor a default`]),
  ]
}

describe('the schema for editors', () => {
  test.each([
    ['the whole example', parse(full)],
    ['a sink of a plugin that it does not know', withSink({ type: 'pigeon', loft: 3 })],
    ['a reference in place of a text', withSink({ type: 'webhook', url: '$' + '{URL}' })],
    [
      'references in place of texts of any form',
      {
        version: 1,
        sources: {
          feishu: { ...minimal.sources.feishu, path: REFERENCE, events: [REFERENCE] },
        },
        sinks: {
          a: { type: 'webhook', url: REFERENCE, timeout: REFERENCE, format: REFERENCE },
          b: { type: 'log', rate_limit: REFERENCE, retry: { schedule: [REFERENCE] } },
        },
        retention: { dead: REFERENCE },
        alerts: { to: ['b'], every: REFERENCE },
      },
    ],
    ['a file of routes.d', { sinks: { a: { type: 'log' } }, routes: [{ name: 'r', to: ['a'] }] }],
    ['one that says its version, and has routes alone', { version: 1, routes: [] }],
  ])('takes %s', (_, file) => {
    expect(isValid(file), JSON.stringify(isValid.errors)).toBe(true)
  })

  test.each([
    ['no version', { sources: minimal.sources }],
    ['no sources', { version: 1 }],
    ['an unknown key', { ...minimal, sorces: {} }],
    ['a source of an unknown type', { version: 1, sources: { a: { type: 'pigeon' } } }],
    ['a source without its token', { version: 1, sources: { a: { type: 'feishu' } } }],
    ['a sink without a type', withSink({ url: 'https://x' })],
    ['an unknown option', withSink({ type: 'log', timeut: '1s' })],
    ['another plug’s option', withSink({ type: 'log', url: 'https://x' })],
    ['a bad duration', withSink({ type: 'log', timeout: '10 seconds' })],
    ['a bad option that all have, of a plugin', withSink({ type: 'pigeon', concurrency: 0 })],
    ['a section in a file of routes.d that is not for it', { sinks: {}, retention: {} }],
    ['a bad sink in a file of routes.d', { sinks: { a: { type: 'log', timeut: '1s' } } }],
    ['a reference in place of a number', withSink({ type: 'log', concurrency: REFERENCE })],
    ['a route without sinks', { ...minimal, routes: [{ name: 'r' }] }],
  ])('refuses %s', (_, file) => {
    expect(isValid(file)).toBe(false)
  })

  test('describes every key, and shows a value of each that takes one', () => {
    const lacking: string[] = []
    const visit = (value: Json, path: string) => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        const isProperty = path.endsWith('/properties') && !path.includes('/if/')
        if (isProperty && isObject(inner)) lacking.push(...lackingIn(inner, `${path}/${key}`))
        visit(inner, `${path}/${key}`)
      }
    }
    visit(routesSchema(plugs.sourceTypes, plugs.sinkTypes), '')
    expect(lacking).toEqual([])
    expect(lackingIn({ type: 'string' }, '/a')).toHaveLength(2)
  })

  test('shows no value that it would refuse itself', () => {
    const { definitions = {} } = schema
    const wrong: string[] = []
    const visit = (value: Json, path: string) => {
      if (typeof value !== 'object' || value === null) return
      if (isObject(value) && !path.endsWith('/properties')) {
        const { examples = [], default: byDefault } = value
        const shown = Array.isArray(examples) ? examples : [examples]
        const all = byDefault === undefined ? shown : [...shown, byDefault]
        const isFine = all.length > 0 ? ajv.compile({ ...value, definitions }) : () => true
        wrong.push(
          ...all.filter((one) => !isFine(one)).map((one) => `${path}: ${JSON.stringify(one)}`),
        )
      }
      for (const [key, inner] of Object.entries(value)) {
        if (!['examples', 'default'].includes(key)) visit(inner, `${path}/${key}`)
      }
    }
    visit(routesSchema(plugs.sourceTypes, plugs.sinkTypes), '')
    expect(wrong).toEqual([])
  })

  test('marks secrets in the words of JSON Schema', () => {
    const text = JSON.stringify(schema)
    expect(text).toContain('"writeOnly":true')
    expect(text).not.toContain('"secret":true')
  })

  const patterns: Readonly<Record<'valid' | 'invalid', Case[]>> = parse(
    readFileSync(new URL('../fixtures/patterns.yaml', import.meta.url), 'utf8'),
  )
  const withMatch = (match: Json) => ({ routes: [{ name: 'r', to: ['a'], match }] })

  test.each(patterns.valid.filter(({ pattern }) => compiles(pattern)))(
    'takes each pattern that the parser takes: $name',
    ({ pattern }) => {
      expect(isValid(withMatch(pattern)), JSON.stringify(isValid.errors)).toBe(true)
    },
  )

  test.each<Json>([
    {},
    { operate: [] },
    { operate: [['CREATE']] },
    { operate: [{ prefx: 'C' }] },
    { operate: [{ prefix: 'C', suffix: 'E' }] },
    { form: { operate: [{ prefix: 7 }] } },
    { operate: { prefix: 'C' } },
    { amount: [{ numeric: ['>', '7'] }] },
    { amount: [{ numeric: ['<', 7, '>', 3] }] },
    { operate: [{ 'anything-but': { prefx: 'C' } }] },
    { $or: [{ operate: [{ prefx: 'C' }] }, { operate: 'READ' }] },
  ])('and refuses, as it does: %j', (pattern) => {
    expect([compiles(pattern), isValid(withMatch(pattern))]).toEqual([false, false])
  })

  test('knows the operators that the parser knows', () => {
    const message = problemOf({ a: [{ prefx: '' }] })
    const operators = Object.keys(Object(patternDefinitions.operator).properties)
    expect(message).toMatch(new RegExp(`there are ${operators.join(', ')}$`))
  })
})

interface Case {
  readonly name: string
  readonly pattern: Json
}

function compiles(pattern: Json): boolean {
  return problemOf(pattern) === undefined
}

function problemOf(pattern: Json): string | undefined {
  try {
    compileFilter(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}
