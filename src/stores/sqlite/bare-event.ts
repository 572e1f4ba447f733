import type { Event } from '../../core/event.ts'
import type { Row } from './driver.ts'

/** An event as it is stored: its `data` is read from `raw` again. */
export type BareEvent = Omit<Event, 'data'>

/** Of a row with the columns of `events`. */
export function bareEvent(row: Row): BareEvent {
  return {
    id: String(row.id),
    type: String(row.type),
    appId: String(row.app_id),
    tenantKey: String(row.tenant_key),
    via: String(row.via),
    time: Number(row.time),
    raw: String(row.raw),
  }
}
