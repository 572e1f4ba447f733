import * as T from '@sinclair/typebox'
import { listed, type Problem, RejectedError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'

/** One member of a query or a body: what /api/openapi.json says of it, and how it is read. */
export interface Field<V> {
  readonly schema: T.TSchema
  /** Whether a request without it is wrong. */
  readonly isRequired: boolean
  /** `undefined` is one that is not there. Throws RejectedError 400. */
  read(value: unknown): V
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type Read<F extends Fields> = { readonly [N in keyof F]: ReturnType<F[N]['read']> }

/** Throws RejectedError 400 with everything that is wrong, unknown members as well. */
export function readFields<F extends Fields>(
  given: ReadonlyMap<string, unknown>,
  fields: F,
): Read<F> {
  const known = Object.keys(fields)
  const problems = [...given.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: name, message: unknownAmong(known) }))
  const read = known.map((name) => {
    try {
      return [name, fields[name]?.read(given.get(name))]
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error
      problems.push(...error.errors.map((problem) => under(name, problem)))
      return [name, undefined]
    }
  })
  if (problems.length > 0) throw badRequest(problems)
  return Object.fromEntries(read) as Read<F>
}

/** An object of these members and no others. */
export function schemaOf(fields: Fields): T.TSchema {
  const schemas = Object.entries(fields).map(([name, { schema, isRequired }]) => {
    return [name, isRequired ? schema : T.Optional(schema)] as const
  })
  return T.Object(Object.fromEntries(schemas), { additionalProperties: false })
}

export function badRequest(problems: readonly Problem[]): RejectedError {
  return new RejectedError(400, listed(problems, '; '), {}, problems)
}

/** What a field throws; its place is put before it. */
export function wrong(message: string): RejectedError {
  return badRequest([{ path: '', message }])
}

export function optional<V>({ schema, read }: Field<V>): Field<V | undefined> {
  return {
    schema,
    isRequired: false,
    read: (value) => (value === undefined ? undefined : read(value)),
  }
}

export function withDefault<V>({ schema, read }: Field<V>, otherwise: V): Field<V> {
  return {
    schema: { ...schema, default: otherwise },
    isRequired: false,
    read: (value) => (value === undefined ? otherwise : read(value)),
  }
}

export function text(description: string, ...examples: readonly string[]): Field<string> {
  return {
    schema: T.String({ description, minLength: 1, ...(examples.length > 0 && { examples }) }),
    isRequired: true,
    read(value) {
      if (value === undefined) throw wrong('is missing')
      if (typeof value === 'string' && value !== '') return value
      throw wrong('must be a text that is not empty')
    },
  }
}

export function oneOf<V extends string>(description: string, ...choices: readonly V[]): Field<V> {
  return {
    schema: T.Unsafe({ type: 'string', enum: choices, description }),
    isRequired: true,
    read(value) {
      const choice = choices.find((one) => one === value)
      if (choice === undefined) throw wrong(`must be one of ${choices.join(', ')}`)
      return choice
    },
  }
}

export function flag(description: string): Field<boolean> {
  return {
    schema: T.Boolean({ description }),
    isRequired: true,
    read(value) {
      if (typeof value === 'boolean') return value
      throw wrong('must be true or false')
    },
  }
}

export function texts(description: string): Field<readonly string[]> {
  return {
    schema: T.Array(T.String({ minLength: 1 }), { description, minItems: 1 }),
    isRequired: true,
    read(value) {
      const isText = (item: unknown) => typeof item === 'string' && item !== ''
      if (Array.isArray(value) && value.length > 0 && value.every(isText)) return value
      throw wrong('must be a list of one text or more')
    },
  }
}

/** A body is JSON, so that whatever is in it is as well. What is wrong with it is for others to say. */
export function json(description: string, type: string): Field<Json> {
  return {
    schema: T.Unsafe({ type, description }),
    isRequired: true,
    read: (value) => value as Json,
  }
}

export function object<F extends Fields>(description: string, fields: F): Field<Read<F>> {
  return {
    schema: { ...schemaOf(fields), description },
    isRequired: true,
    read(value) {
      if (!isObject(value)) throw wrong('must be an object')
      return readFields(new Map(Object.entries(value)), fields)
    },
  }
}

function unknownAmong(known: readonly string[]): string {
  return known.length > 0 ? `is not known here, only ${known.join(', ')}` : 'is not known here'
}

function under(name: string, { path, message }: Problem): Problem & { path: string } {
  return { path: path === '' ? name : `${name}.${path}`, message }
}
