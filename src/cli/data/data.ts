import type { JsonObject } from '../../core/event.ts'

/** What the commands ask, of the store itself or of a running gateway. Names and shapes are those of docs/api.md. */
export interface Data {
  events(query: EventsQuery): Promise<JsonPage>
  /** By its id or its `ref`, or `ref:17`, as JSON text, for parsing would round a body's long numbers; null where there is none. */
  event(id: string): Promise<string | null>
  deliveries(query: DeliveriesQuery): Promise<JsonPage>
  audit(query: PageQuery): Promise<JsonPage>
  sinks(): Promise<readonly JsonObject[]>
  retry(request: RetryRequest, work: Work): Promise<JsonObject>
  replay(request: ReplayRequest, work: Work): Promise<JsonObject>
  /** Rejects with a UsageError, as the next two do, where there is no sink of that name. */
  discard(sink: string, work: Work): Promise<JsonObject>
  pause(sink: string): Promise<void>
  resume(sink: string): Promise<void>
  close(): Promise<void>
}

/** How long work is watched, and ended early. */
export interface Work {
  /** Told now and then how far it is, in the words of what it resolves to. */
  progress(state: JsonObject): void
  /** Ends it after the batch in hand. */
  readonly signal: AbortSignal
}

export interface JsonPage {
  readonly items: readonly JsonObject[]
  readonly next: string | null
}

interface PageQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Times in Unix milliseconds. */
export interface EventsQuery extends PageQuery {
  readonly type?: string | undefined
  readonly source?: string | undefined
  readonly state?: 'accepted' | 'quarantined' | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly q?: string | undefined
}

/** Times in Unix milliseconds. */
interface Filter {
  readonly sink?: string | undefined
  readonly event?: string | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface DeliveriesQuery extends Filter, PageQuery {
  readonly state?: 'pending' | 'delivered' | 'dead' | undefined
}

export type RetryRequest = ({ readonly ids: readonly string[] } | { readonly filter: Filter }) & {
  readonly dry_run: boolean
}

/** Times in Unix milliseconds. */
export interface ReplayRequest {
  readonly since: number
  readonly until: number
  readonly match?: JsonObject | undefined
  readonly route?: string | undefined
  readonly sink?: string | undefined
  readonly dry_run: boolean
  readonly resend: boolean
}
