import type { Happening } from '../happening.ts'
import { isOwnType, type OwnEvent } from '../own-events.ts'

/** Something that happened, and that people are to be told of. */
export interface News {
  readonly event: OwnEvent
  /** Name of the sink that it is about. */
  readonly sink?: string
  /** Or name of the source, and the event type that it brought. */
  readonly source?: string
  readonly type?: string
  /** Unix milliseconds. */
  readonly at: number
  /** The same wherever the same is heard of: by another gateway over this store. */
  readonly mark: string
  /** Of the event that it happened to. */
  readonly eventId?: string
  readonly error: string
}

/** Feishu's own are far shorter, and a plugin's receiver may say anything. */
const MAX = { name: 256, error: 4000 }
const MINUTE_MS = 60_000

/** What is worth telling of what happened. Asked for each event and each attempt: for most it is nothing. */
export function newsOf(happening: Happening): News | undefined {
  const { kind, at } = happening
  if (kind === 'received')
    return happening.result === 'quarantined' ? quarantined(happening) : undefined
  if (kind === 'attempted') {
    const isDead = happening.result === 'dead' && !isOwnType(happening.type)
    return isDead ? dead(happening) : undefined
  }
  if (kind === 'breaker' && happening.state === 'open') {
    const { sink, until } = happening
    // Each gateway leaves the sink alone from its own last failure on: some milliseconds apart.
    const mark = String(Math.floor((until ?? at) / MINUTE_MS))
    return { event: 'breaker.opened', sink, at, mark, error: '' }
  }
  if (kind === 'reloaded' && happening.result === 'rejected') {
    const mark = happening.problems
    return { event: 'config.rejected', at, mark, error: cut(happening.problems, MAX.error) }
  }
  return undefined
}

/**
 * Gateways beside each other read the same file and spare the same sink at about the same time, and each tells of it at
 * most once in a turn. What comes again is told in a turn of its own.
 */
export function inTurn(news: News, turn: number): News {
  const mayComeAgain = news.event === 'config.rejected' || news.event === 'breaker.opened'
  return mayComeAgain ? { ...news, mark: `${turn} ${news.mark}` } : news
}

function quarantined(received: Happening & { readonly kind: 'received' }): News {
  const { source, at, problems } = received
  const [type, eventId] = [cut(received.type, MAX.name), cut(received.eventId, MAX.name)]
  const mark = `${at} ${eventId}`
  const error = cut(problems.join('; '), MAX.error)
  return { event: 'event.quarantined', source, type, at, mark, eventId, error }
}

function dead(attempted: Happening & { readonly kind: 'attempted' }): News {
  const { sink, at, deliveryId, error } = attempted
  const eventId = cut(attempted.eventId, MAX.name)
  // It may have been owed again, and be dead once more.
  const mark = `${at} ${deliveryId}`
  return { event: 'delivery.dead', sink, at, mark, eventId, error: cut(error, MAX.error) }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text
}

/** News of the same thing, gathered. */
export interface Gathered {
  readonly first: News
  readonly count: number
  /** Unix milliseconds: of the last. */
  readonly until: number
  /** Of the first few, each once. */
  readonly eventIds: readonly string[]
  /** The last that there was. */
  readonly error: string
}

const EVENT_IDS = 5

/** What news is gathered under. */
export function topicOf({ event, sink = '', source = '', type = '' }: News): string {
  return JSON.stringify([event, sink, source, type])
}

export function gather(gathered: Gathered | undefined, news: News): Gathered {
  const { at, eventId = '', error } = news
  const eventIds = eventId === '' ? [] : [eventId]
  const one = { first: news, count: 1, until: at, eventIds, error }
  return gathered ? together(gathered, one) : one
}

/** What was gathered before, and what was after it. */
export function together(before: Gathered, after: Gathered): Gathered {
  const isFull = before.eventIds.length >= EVENT_IDS
  const ids = isFull ? before.eventIds : [...new Set([...before.eventIds, ...after.eventIds])]
  return {
    first: before.first,
    count: before.count + after.count,
    until: after.until,
    eventIds: isFull ? ids : ids.slice(0, EVENT_IDS),
    error: after.error || before.error,
  }
}
