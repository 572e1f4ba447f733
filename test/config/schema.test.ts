import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { routesSchema } from '../../src/config/schema.ts'
import { builtInSinks, sinkTypes, sourceTypes } from './load-text.ts'

const schema = routesSchema(sourceTypes, sinkTypes)
const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
addFormats.default(ajv)
const isValid = ajv.compile(schema)

const full = readFileSync(new URL('../fixtures/routes/full.yaml', import.meta.url), 'utf8')
const minimal = { version: 1, sources: { feishu: { type: 'feishu', verification_token: 'x' } } }
const withSink = (sink: object) => ({ ...minimal, sinks: { a: sink } })

describe('the schema for editors', () => {
  test.each([
    ['the whole example', parse(full)],
    ['a sink of a plugin that it does not know', withSink({ type: 'pigeon', loft: 3 })],
    ['a reference in place of a text', withSink({ type: 'webhook', url: '$' + '{URL}' })],
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
    ['a route without sinks', { ...minimal, routes: [{ name: 'r' }] }],
  ])('refuses %s', (_, file) => {
    expect(isValid(file)).toBe(false)
  })

  test('describes every key', () => {
    const undescribed: string[] = []
    const visit = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        const isProperty = path.endsWith('/properties') && !path.includes('/if/')
        if (isProperty && !('description' in inner)) undescribed.push(`${path}/${key}`)
        visit(inner, `${path}/${key}`)
      }
    }
    visit(routesSchema(sourceTypes, builtInSinks), '')
    expect(undescribed).toEqual([])
  })

  test('marks secrets in the words of JSON Schema', () => {
    const text = JSON.stringify(schema)
    expect(text).toContain('"writeOnly":true')
    expect(text).not.toContain('"secret":true')
  })
})
