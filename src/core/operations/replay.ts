import { ConfigError, type Problem } from '../errors.ts'
import { type Json, type JsonObject, matchView } from '../event.ts'
import { compileFilter } from '../filter/compile.ts'
import type { Redelivery, StoredEvent } from '../ledger.ts'
import { orderKeyOf } from '../order.ts'
import { isOwn } from '../own-events.ts'
import type { Routing } from '../plan.ts'
import { audited, inBatches, type Operator, type Report, timestampOf } from './operation.ts'

const BATCH = 200

/** Times in Unix milliseconds, of the events' acceptance: from `since` on, before `until`. */
export interface ReplayRequest {
  readonly since: number
  readonly until: number
  /** An event pattern: only events that match. */
  readonly match?: Json | undefined
  /** Only by this route. */
  readonly route?: string | undefined
  /** Only for this sink. */
  readonly sink?: string | undefined
  /** Counts alone, and leaves no entry in the audit. */
  readonly dryRun: boolean
  /** Owes what has been delivered too, as a new delivery of the same event id. */
  readonly resend: boolean
}

export type Replayed = {
  /** How many events match and are in order. */
  readonly events: number
  /** How many of them had been quarantined. */
  readonly cleared: number
  /** How many deliveries are owed by it, and of these by sink. */
  readonly owed: number
  readonly sinks: { readonly [name: string]: number }
}

export type Replaying = Replayed & {
  /** RFC 3339: when the last event looked at was accepted. */
  readonly reached: string
}

/**
 * Puts stored events through the routes as they are now, oldest first. Quarantined ones are checked anew, and accepted
 * where they are in order. Throws ConfigError, its paths those of the request, before anything is done.
 */
export async function replay(
  operator: Operator & { readonly routing: Routing },
  request: ReplayRequest,
  progress: Report<Replaying> = () => {},
): Promise<Replayed> {
  const redeliver = createRedelivery(operator.routing, request)
  // Events keep coming, and this has to end.
  const until = Math.min(request.until, operator.now())
  const work = async (report: Report<Replaying>) => {
    const tally = createTally()
    await inBatches(operator, async (cursor) => {
      const { since } = request
      const query = { order: 'oldest first', since, until, cursor, limit: BATCH } as const
      const { items, next } = await operator.ledger.events(query)
      await owe(operator, request, items.flatMap(redeliver), tally)
      const reached = timestampOf(items.at(-1)?.acceptedAt ?? since)
      report({ ...tally.total(), reached })
      return next
    })
    return tally.total()
  }
  if (request.dryRun) return work(progress)
  return audited(operator, { action: 'replay', request: auditOf(request) }, work, progress)
}

/** From a stored event to what it owes now; to nothing where it is not asked for or not in order. */
function createRedelivery(
  routing: Routing,
  request: ReplayRequest,
): (stored: StoredEvent) => readonly Redelivery[] {
  const matches = checked(routing, request)
  return (stored) => {
    if (!matches(matchView(stored.event))) return []
    const redelivery = redeliveryOf(routing, stored, request)
    return redelivery ? [redelivery] : []
  }
}

/** What a stored event owes by the routes as they are now, all or those asked for; undefined where it is not in order. */
export function redeliveryOf(
  routing: Routing,
  { ref, event, problems }: StoredEvent,
  { route, sink }: Pick<ReplayRequest, 'route' | 'sink'>,
): Redelivery | undefined {
  if (isOwn(event)) return undefined
  const cleared = problems.length > 0
  // Without an id no receiver could tell it from another.
  if (cleared && (event.id === '' || routing.checkAgain(event).length > 0)) return undefined
  const sinks = routing.route(event, route).filter((name) => sink === undefined || name === sink)
  const owed = sinks.map((name) => {
    const orderBy = routing.sinks.get(name)?.settings.orderBy ?? null
    return { sink: name, orderKey: orderKeyOf(event, orderBy) }
  })
  return { ref, cleared, owed }
}

/** The request's filter. Throws ConfigError with everything that is wrong with the request. */
function checked(
  routing: Routing,
  { since, until, match, route, sink }: ReplayRequest,
): (view: JsonObject) => boolean {
  const problems: Problem[] = []
  let matches: (view: JsonObject) => boolean = () => true
  try {
    if (match !== undefined) matches = compileFilter(match)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const inMatch = ({ path, message }: Problem) => ({
      path: path ? `match.${path}` : 'match',
      message,
    })
    problems.push(...error.problems.map(inMatch))
  }
  if (since >= until) problems.push({ path: 'until', message: 'must be later than since' })
  if (route !== undefined && !routing.routes.includes(route)) {
    problems.push({ path: 'route', message: 'is not the name of a route that is enabled' })
  }
  if (sink !== undefined && !routing.sinks.has(sink)) {
    problems.push({ path: 'sink', message: 'is not the name of a sink in routes.yaml' })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return matches
}

interface Tally {
  add(events: readonly Redelivery[], owed: readonly { sink: string; count: number }[]): void
  total(): Replayed
}

function createTally(): Tally {
  const counts = { events: 0, cleared: 0, owed: 0 }
  const sinks = new Map<string, number>()
  return {
    add(events, owed) {
      counts.events += events.length
      counts.cleared += events.filter(({ cleared }) => cleared).length
      for (const { sink, count } of owed) {
        counts.owed += count
        if (count > 0) sinks.set(sink, (sinks.get(sink) ?? 0) + count)
      }
    },
    total: () => ({ ...counts, sinks: Object.fromEntries(sinks) }),
  }
}

async function owe(
  { ledger, now }: Operator,
  { resend, dryRun }: ReplayRequest,
  events: readonly Redelivery[],
  tally: Tally,
): Promise<void> {
  const changing = events.filter(({ cleared, owed }) => cleared || owed.length > 0)
  tally.add(events, [])
  for (const part of parts(changing)) {
    tally.add([], await ledger.owe(part, { resend, dryRun, now: now() }))
  }
}

/** So many deliveries at once: this takes some 20 ms of the store's time. */
const OWED = 1000

function* parts(events: readonly Redelivery[]): Iterable<readonly Redelivery[]> {
  let part: Redelivery[] = []
  let size = 0
  for (const event of events) {
    if (part.length > 0 && size + event.owed.length > OWED) {
      yield part
      part = []
      size = 0
    }
    part.push(event)
    size += event.owed.length
  }
  if (part.length > 0) yield part
}

function auditOf({ since, until, match, route, sink, resend }: ReplayRequest): JsonObject {
  return {
    since: timestampOf(since),
    until: timestampOf(until),
    ...(match !== undefined && { match }),
    ...(route !== undefined && { route }),
    ...(sink !== undefined && { sink }),
    resend,
  }
}
