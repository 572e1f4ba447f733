import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { routesSchema } from '../../src/config/schema.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/event.ts'
import * as plugs from '../../src/hosts/node-plugs.ts'
import { sinkTypes, sourceTypes } from './load-text.ts'

const schema = routesSchema(sourceTypes, sinkTypes)
const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
addFormats.default(ajv)
const isValid = ajv.compile(schema)

const full = readFileSync(new URL('../fixtures/routes/full.yaml', import.meta.url), 'utf8')
const minimal = { version: 1, sources: { feishu: { type: 'feishu', verification_token: 'x' } } }
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
    const wrong: string[] = []
    const visit = (value: Json, path: string) => {
      if (typeof value !== 'object' || value === null) return
      if (isObject(value) && !path.endsWith('/properties')) {
        const { examples = [], default: byDefault } = value
        const shown = Array.isArray(examples) ? examples : [examples]
        const all = byDefault === undefined ? shown : [...shown, byDefault]
        const isFine = all.length > 0 ? ajv.compile(value) : () => true
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
})
