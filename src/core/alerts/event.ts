import type { Event, JsonObject } from '../event.ts'
import { OWN, typeOfOwn } from '../own-events.ts'
import type { Runtime } from '../runtime.ts'
import type { Gathered, News } from './news.ts'

/** Where people reach the gateway, and its console where that is at the same address. */
export interface Addresses {
  readonly publicUrl: string | undefined
  readonly hasConsole: boolean
}

/** The gateway's own event of what was gathered. The same news has the same id, whichever gateway tells it. */
export async function ownEvent(
  gathered: Gathered,
  addresses: Addresses,
  crypto: Runtime['crypto'],
): Promise<Event> {
  const { first, until } = gathered
  const id = await idOf(first, crypto)
  const type = typeOfOwn(first.event)
  const data = dataOf(gathered, addresses)
  const header = {
    event_id: id,
    event_type: type,
    create_time: String(until),
    token: '',
    app_id: OWN,
    tenant_key: '',
  }
  const raw = JSON.stringify({ schema: '2.0', header, event: data })
  return { id, type, appId: OWN, tenantKey: '', via: OWN, time: until, data, raw }
}

async function idOf(news: News, crypto: Runtime['crypto']): Promise<string> {
  const { event, sink = '', source = '', type = '', mark } = news
  const digest = await crypto.sha256(JSON.stringify([event, sink, source, type, mark]))
  return `alert-${crypto.toHex(digest).slice(0, 32)}`
}

function dataOf(gathered: Gathered, addresses: Addresses): JsonObject {
  const { first, count, until, eventIds, error } = gathered
  const { sink, source, type } = first
  const { publicUrl, hasConsole } = addresses
  return {
    message: sentence(gathered),
    ...(sink !== undefined && { sink }),
    ...(source !== undefined && { source }),
    ...(type !== undefined && { event_type: type }),
    count,
    since: new Date(first.at).toISOString(),
    until: new Date(until).toISOString(),
    ...(first.eventId !== undefined && { event_ids: eventIds }),
    ...(error !== '' && { error }),
    ...(publicUrl !== undefined && { gateway: publicUrl }),
    ...(publicUrl !== undefined && hasConsole && { link: publicUrl + pageOf(first) }),
  }
}

/** What happened, for people who read no more than one line. */
function sentence({ first, count }: Gathered): string {
  const { event, sink, source, type } = first
  switch (event) {
    case 'delivery.dead':
      return `${sink}: ${counted(count, 'delivery was', 'deliveries were')} given up`
    case 'breaker.opened':
      return `${sink}: the breaker opened${times(count)}, too many failures in a row`
    case 'config.rejected':
      return `routes.yaml was rejected${times(count)}, the plan before it runs on`
    case 'event.quarantined':
      return `${source}: ${counted(count, 'event', 'events')} of type ${type || '(none)'} quarantined`
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

function times(count: number): string {
  return count === 1 ? '' : ` ${count} times`
}

/** The page of the console that shows more. */
function pageOf({ event, sink = '', source = '' }: News): string {
  switch (event) {
    case 'delivery.dead':
      return `/console/dead?sink=${encodeURIComponent(sink)}`
    case 'breaker.opened':
      return '/console/sinks'
    case 'config.rejected':
      return '/console/problems'
    case 'event.quarantined':
      return `/console/events?state=quarantined&source=${encodeURIComponent(source)}`
  }
}
