import type { TSchema } from '@sinclair/typebox'
import type { Context } from 'hono'
import { type Fields, type Read, readFields } from './fields.ts'
import { bodyOf, queryOf } from './request.ts'

/** No members at all. */
export type None = Readonly<Record<never, never>>

/** What one request of the API takes and answers: it is read by this, and /api/openapi.json describes it by this. */
export interface About<Q extends Fields, B extends Fields> {
  readonly method: 'GET' | 'POST'
  /** With `:name` for what varies. */
  readonly path: string
  /** The `operationId`. */
  readonly id: string
  readonly tag: 'events' | 'deliveries' | 'sinks' | 'routes' | 'gateway'
  readonly summary: string
  readonly description?: string
  /** What stands for `:name`; the operation reads it by itself. */
  readonly params?: Fields
  /** Without it no parameter is known. */
  readonly query?: Q
  /** What it reads of the headers, by itself. */
  readonly headers?: Fields
  /** The members of the body; a POST without it takes none. */
  readonly body?: B
  /** JSON Schema for what the members by themselves cannot say; the operation checks it by itself. */
  readonly bodyRule?: object
  readonly freeBody?: FreeBody
  readonly answer: Answer
  /** Statuses of its own, and when it answers with them; those that all have are known. */
  readonly problems?: Readonly<Record<number, string>>
  /** Whether it changes nothing, though it is a POST: viewers may ask for it too. */
  readonly isRead?: boolean
}

interface Answer {
  readonly description: string
  readonly schema: TSchema
  readonly example: unknown
  /** `application/json` without it. */
  readonly type?: string
  /** Of long work: a line of its progress, by `Accept: application/x-ndjson`. */
  readonly progress?: TSchema
  /** Of a stream: the data of its server-sent events, by their names. */
  readonly messages?: Readonly<Record<string, TSchema>>
}

/** A body that is read by the operation itself. */
interface FreeBody {
  readonly schema: TSchema
  readonly examples: Readonly<Record<string, unknown>>
}

export interface Asked<Q extends Fields, B extends Fields> {
  readonly query: Read<Q>
  readonly body: Read<B>
}

export interface Operation {
  readonly about: About<Fields, Fields>
  answer(c: Context): Promise<Response>
}

/** Reads the query, then the body; what is wrong with them is 400 before anything is done. */
export function operation<Q extends Fields = None, B extends Fields = None>(
  about: About<Q, B>,
  answer: (c: Context, asked: Asked<Q, B>) => Response | Promise<Response>,
): Operation {
  const query = about.query ?? ({} as Q)
  const body = about.body ?? ({} as B)
  const hasBody = about.method === 'POST' && about.freeBody === undefined
  return {
    about,
    async answer(c) {
      const asked = readFields(queryOf(c), query)
      const given = hasBody ? await bodyOf(c) : new Map<string, unknown>()
      return answer(c, { query: asked, body: readFields(given, body) })
    },
  }
}
