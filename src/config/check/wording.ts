import type { ErrorObject } from 'ajv'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { closest } from '../../core/suggest.ts'
import { alternatives } from './schema-walk.ts'

/** One of ajv's errors as a sentence without its subject. Never shows the value. */
export function messageFor(error: ErrorObject): string {
  const { keyword, params, parentSchema = {}, data } = error
  switch (keyword) {
    case 'type':
      return typeMessage(parentSchema, data)
    case 'const':
      return `must be ${shown(params.allowedValue)}`
    case 'enum':
      return oneOf(params.allowedValues, data)
    case 'minLength':
      return params.limit === 1 ? 'is empty' : `must have at least ${params.limit} characters`
    case 'maxLength':
      return `must have at most ${params.limit} characters`
    case 'minItems':
    case 'minProperties':
      return params.limit === 1 ? 'is empty' : `must have at least ${params.limit} entries`
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${params.limit} entries`
    case 'pattern':
      return exampleMessage(parentSchema) ?? `must match ${params.pattern}`
    default:
      return error.message ?? `breaks the rule ${keyword}`
  }
}

function typeMessage(schema: JsonObject, data: unknown): string {
  const expected = alternatives(schema).map(describe).join(', or ')
  const examples = exampleMessage(schema)
  if (examples !== undefined) return examples
  return `must be ${expected}, ${data === null ? 'but is empty' : `not ${kindOf(data)}`}`
}

/** Of what has to have a form of its own. */
function exampleMessage({ pattern, examples }: JsonObject): string | undefined {
  if (pattern === undefined || !Array.isArray(examples)) return undefined
  return `must look like ${examples.map(shown).join(', ')}`
}

/** `must be one of a, b`, and which one was probably meant. */
export function oneOf(allowed: readonly Json[], data: unknown): string {
  const names = allowed.map(shown)
  const meant = typeof data === 'string' ? closest(data, names) : undefined
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
  return names.length === 1
    ? `must be ${names[0]}${hint}`
    : `must be one of ${names.join(', ')}${hint}`
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'empty',
}

/** What a schema takes, in two or three words. */
export function describe(schema: JsonObject): string {
  if (schema.const !== undefined) return shown(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map(shown).join(' or ')
  if (schema.type === 'array' && isObject(schema.items) && schema.items.type === 'string') {
    return 'a list of strings'
  }
  const types = [schema.type].flat().filter((type) => typeof type === 'string')
  return types.map((type) => kinds[type] ?? type).join(' or ') || 'something else'
}

function kindOf(data: unknown): string {
  return (Array.isArray(data) ? kinds.array : kinds[typeof data]) ?? 'that'
}

function shown(value: Json): string {
  return typeof value === 'string' && /^[\w./-]+$/.test(value) ? value : JSON.stringify(value)
}
