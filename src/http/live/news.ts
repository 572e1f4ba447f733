import type { Static } from '@sinclair/typebox'
import type { Attempted, Reloaded } from '../../core/happening.ts'
import type { LaneStatus } from '../../core/lane/status.ts'
import type {
  attemptNewsSchema,
  configNewsSchema,
  sinkNewsSchema,
  skippedNewsSchema,
} from '../api/schemas.ts'
import { eventShape, type Hiding, timestamp } from '../api/shapes.ts'
import type { EventNow } from './newest.ts'

/** Something that has just happened, as people who watch are told of it. */
export interface News {
  readonly name: 'event' | 'outcome' | 'attempt' | 'sink' | 'config' | 'skipped'
  /** What it can be filtered by, as far as it is about such a thing. */
  readonly sink?: string
  readonly type?: string
  readonly source?: string
  /** Of an `event` and an `outcome`: the event itself, with all that people may not be shown. */
  readonly about?: EventNow
  /** In the words of the protocol of server-sent events; empty where the API does not tell it. */
  readonly text: string
}

export function eventNews(about: EventNow, hiding: Hiding): News {
  const { stored } = about
  const { type, via: source } = stored.event
  const text = `id: ${stored.ref}\n${textOf('event', eventShape(stored, hiding))}`
  return { name: 'event', type, source, about, text }
}

/** Something else has become of an event that was told before: for the console's list of events. */
export function outcomeNews(about: EventNow): News {
  return { name: 'outcome', about, text: '' }
}

export function attemptNews(attempted: Attempted): News {
  const { at, sink, type, eventId, deliveryId, attempt, result, status, error } = attempted
  const data: Static<typeof attemptNewsSchema> = {
    at: timestamp(at),
    sink,
    type,
    event: eventId,
    delivery: deliveryId,
    attempt,
    result,
    status,
    error,
    duration_ms: attempted.durationMs,
  }
  return { name: 'attempt', sink, type, text: textOf('attempt', data) }
}

/** How a sink is doing, but for what changes with each delivery. */
export function sinkNews({ sink, pausedBy, breaker, ready }: LaneStatus): News {
  const paused = { paused: pausedBy.length > 0, paused_by: [...pausedBy] }
  const data: Static<typeof sinkNewsSchema> = { name: sink, ...paused, breaker, ready }
  return { name: 'sink', sink, text: textOf('sink', data) }
}

export function configNews({ at, result, problems }: Reloaded): News {
  const data: Static<typeof configNewsSchema> = { at: timestamp(at), result, problems }
  return { name: 'config', text: textOf('config', data) }
}

/** How many there were of which nothing is told: there were too many at once. */
export function skippedNews(skipped: Static<typeof skippedNewsSchema>): News {
  return { name: 'skipped', text: textOf('skipped', skipped) }
}

function textOf(name: News['name'], data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
