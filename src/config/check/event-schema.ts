import { messageOf } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'
import { checkEventSchema } from '../validators.ts'
import type { Finding, Path } from './finding.ts'
import { linearRegExp } from './linear-regexp.ts'
import { plainSchema } from './shape.ts'

/** What the gateway's JSON Schema can read; a schema need not say which it is. */
const READABLE = /^https?:\/\/json-schema\.org\/(draft-0[67]\/schema|draft\/2019-09\/schema)#?$/

/** Why events cannot be checked against what someone's own file holds; empty where they can. */
export function findingsInSchema(schema: Json): readonly Finding[] {
  if (!isObject(schema)) return [{ path: [], message: 'must be a JSON Schema, an object' }]
  const { $schema } = schema
  if (typeof $schema === 'string' && !READABLE.test($schema)) {
    const message = 'is a dialect that cannot be read here: write it in draft-07'
    return [{ path: ['$schema'], message }]
  }
  const unusable = unusableIn(schema, [])
  const rest = structuredClone(schema)
  for (const { path } of unusable) remove(rest, path)
  return [...unusable, ...checkEventSchema(plainSchema(rest))]
}

/** These hold values, which are no schemas. */
const VALUES = ['const', 'enum', 'default', 'examples']

/** What JSON Schema has, and a gateway does not take. */
function unusableIn(value: Json, path: Path): Finding[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, Json]): Finding[] => {
    if (VALUES.includes(key)) return []
    const at = [...path, key]
    const message = whyNot(key, inner, path)
    if (message !== undefined) return [{ path: at, message }]
    return [...(key === 'patternProperties' ? badKeys(inner, at) : []), ...unusableIn(inner, at)]
  })
}

/** A schema is one file that stands for itself, and no text of a sender's can make it slow. */
function whyNot(keyword: string, value: Json, path: Path): string | undefined {
  if (typeof value !== 'string') return undefined
  if (keyword === '$ref' && !value.startsWith('#')) {
    return 'leads out of this file: put what it stands for under definitions, and write $ref: "#/definitions/…"'
  }
  if (keyword === '$id' && path.length > 0) {
    return 'has no meaning here: remove it, and write $ref: "#/…"'
  }
  if (keyword === 'format' && value === 'url') {
    return 'takes too long for some texts: write uri'
  }
  return keyword === 'pattern' ? notLinear(value) : undefined
}

function badKeys(patterns: Json, path: Path): Finding[] {
  const keys = Object.keys(isObject(patterns) ? patterns : {})
  return keys.flatMap((key) => {
    const message = notLinear(key)
    return message === undefined ? [] : [{ path: [...path, key], message, onKey: true }]
  })
}

function notLinear(pattern: string): string | undefined {
  try {
    linearRegExp(pattern)
    return undefined
  } catch (error) {
    const why = messageOf(error).replace(/^error parsing regexp: /, '')
    return `is no regular expression that RE2 has (no looking ahead or back, no back references): ${why}`
  }
}

function remove(schema: Json | undefined, [key = '', ...inner]: Path): void {
  if (typeof schema !== 'object' || schema === null) return
  const holder: Record<string, Json> = Object(schema)
  if (inner.length > 0) remove(holder[key], inner)
  else delete holder[key]
}
