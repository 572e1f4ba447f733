import type { Context } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { isObject } from '../../core/event.ts'
import { BODY_LIMIT_BYTES, readBody } from '../body.ts'
import { badRequest } from './fields.ts'

/** The query's parameters. Throws RejectedError 400 where one is given twice. */
export function queryOf(c: Context): ReadonlyMap<string, string> {
  const given = Object.entries(c.req.queries())
  const twice = given.filter(([, values]) => values.length > 1)
  if (twice.length > 0) {
    throw badRequest(twice.map(([path]) => ({ path, message: 'is given more than once' })))
  }
  return new Map(given.map(([name, [value = '']]) => [name, value]))
}

/** The members of the body's JSON object; none of an empty body. Throws RejectedError 400, 413 or 415. */
export async function bodyOf(c: Context): Promise<ReadonlyMap<string, unknown>> {
  const bytes = await readBody(c.req.raw, BODY_LIMIT_BYTES)
  if (bytes.length === 0) return new Map()
  if (!/^application\/json *(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new RejectedError(415, 'The body must come as Content-Type: application/json.')
  }
  const body = parse(bytes)
  if (!isObject(body)) throw new RejectedError(400, 'The body must be a JSON object.')
  return new Map(Object.entries(body))
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
