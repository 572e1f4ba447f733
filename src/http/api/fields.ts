import { listed, type Problem, RejectedError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'

/** Reads one member of a query or a body; `undefined` is one that is not there. Throws RejectedError 400. */
export type Field<T> = (value: unknown) => T

type Fields = Readonly<Record<string, Field<unknown>>>
type Read<F extends Fields> = { readonly [N in keyof F]: ReturnType<F[N]> }

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
      return [name, fields[name]?.(given.get(name))]
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error
      problems.push(...error.errors.map((problem) => under(name, problem)))
      return [name, undefined]
    }
  })
  if (problems.length > 0) throw badRequest(problems)
  return Object.fromEntries(read) as Read<F>
}

export function badRequest(problems: readonly Problem[]): RejectedError {
  return new RejectedError(400, listed(problems, '; '), {}, problems)
}

export function optional<T>(field: Field<T>): Field<T | undefined> {
  return (value) => (value === undefined ? undefined : field(value))
}

export function withDefault<T>(field: Field<T>, otherwise: T): Field<T> {
  return (value) => (value === undefined ? otherwise : field(value))
}

export function text(value: unknown): string {
  if (value === undefined) throw wrong('is missing')
  if (typeof value === 'string' && value !== '') return value
  throw wrong('must be a text that is not empty')
}

export function oneOf<T extends string>(...choices: readonly T[]): Field<T> {
  return (value) => {
    const choice = choices.find((one) => one === value)
    if (choice === undefined) throw wrong(`must be one of ${choices.join(', ')}`)
    return choice
  }
}

export function flag(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw wrong('must be true or false')
}

export function texts(value: unknown): readonly string[] {
  const isText = (item: unknown) => typeof item === 'string' && item !== ''
  if (Array.isArray(value) && value.length > 0 && value.every(isText)) return value
  throw wrong('must be a list of one text or more')
}

/** A body is JSON, so that whatever is in it is as well. */
export function json(value: unknown): Json {
  return value as Json
}

export function object<F extends Fields>(fields: F): Field<Read<F>> {
  return (value) => {
    if (!isObject(value)) throw wrong('must be an object')
    return readFields(new Map(Object.entries(value)), fields)
  }
}

const MAX_LIMIT = 500

export function limit(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (number < 1 || number > MAX_LIMIT) throw wrong(`must be a whole number of 1 to ${MAX_LIMIT}`)
  return number
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
/** Less than that, but for 0, was meant in seconds. */
const FIRST_MS = 1e11
/** The last moment that RFC 3339 can write. */
const LAST_MS = Date.UTC(9999, 11, 31)

/** Unix milliseconds. */
export function time(value: unknown): number {
  if (value === undefined) throw wrong('is missing')
  const ms = typeof value === 'string' && !/^\d+$/.test(value) ? parsed(value) : unixMs(value)
  if (ms >= 0 && ms <= LAST_MS) return ms
  throw wrong('must be a time such as 2026-11-22T09:30:00Z, or Unix milliseconds')
}

/** NaN for what is no number of milliseconds. */
function unixMs(value: unknown): number {
  const ms = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return ms === 0 || ms >= FIRST_MS ? Math.floor(ms) : Number.NaN
}

/** NaN for what is no timestamp of RFC 3339. */
function parsed(value: string): number {
  // In a query, the plus of an offset arrives as a space unless it is escaped.
  const timestamp = value.replace(/ (?=\d\d:\d\d$)/, '+')
  const [, day = ''] = RFC_3339.exec(timestamp) ?? []
  const midnight = Date.parse(day)
  // Date.parse takes the 30th of February for a day of March.
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return isDay ? Date.parse(timestamp) : Number.NaN
}

function unknownAmong(known: readonly string[]): string {
  return known.length > 0 ? `is not known here, only ${known.join(', ')}` : 'is not known here'
}

function under(name: string, { path, message }: Problem): Problem & { path: string } {
  return { path: path === '' ? name : `${name}.${path}`, message }
}

function wrong(message: string): RejectedError {
  return badRequest([{ path: '', message }])
}
