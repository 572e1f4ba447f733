import type { Ledger } from '../../core/ledger.ts'
import { seqsOfRefs } from '../cursor.ts'
import { at, page } from '../pages.ts'
import { storedDelivery, withData } from '../rows.ts'
import { eventsAt, eventsPage } from '../search.ts'
import { backlog, wasOwed } from './backlog.ts'
import type { Query } from './connection.ts'
import { deliveries } from './deliveries.ts'
import { events } from './events.ts'
import { eventHistory, outcomes } from './history.ts'
import * as operators from './operators.ts'

type Reads = Pick<
  Ledger,
  | 'backlog'
  | 'wasOwed'
  | 'events'
  | 'event'
  | 'outcomes'
  | 'deliveries'
  | 'pause'
  | 'resume'
  | 'record'
  | 'conclude'
  | 'audit'
>

/** What people read, and what of theirs is written beside it. */
export function postgresReads(query: Query): Reads {
  return {
    backlog: () => backlog(query),
    wasOwed: (sink) => wasOwed(query, sink),
    events: async (choice) => eventsPage(await events(query, eventsAt(choice)), withData),
    event: (name) => eventHistory(query, name),
    outcomes: (refs) => outcomes(query, seqsOfRefs(refs)),
    deliveries: async (choice) => page(await deliveries(query, at(choice)), storedDelivery),
    pause: (pause) => operators.pause(query, pause),
    resume: (sink, only) => operators.resume(query, sink, only),
    record: (entry) => operators.record(query, entry),
    conclude: (id, outcome) => operators.conclude(query, id, outcome),
    audit: async (choice) => page(await operators.audit(query, at(choice)), (entry) => entry),
  }
}
