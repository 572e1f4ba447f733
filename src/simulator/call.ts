import type { JsonObject } from '../core/event.ts'

/** A request to one of Feishu's own addresses. */
export interface Call {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly authorization: string | undefined
  /** Empty where it is not a JSON object. */
  readonly body: JsonObject
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: JsonObject
}
