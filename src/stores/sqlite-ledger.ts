import { dataOf } from '../core/event.ts'
import type { Ledger, Page } from '../core/ledger.ts'
import { cursorAt, positionOf } from './cursor.ts'
import type { BareEvent } from './sqlite/bare-event.ts'
import type { At, Rows } from './sqlite/pages.ts'
import { cursorAtStage, stageOf } from './sqlite/prune.ts'
import type { Ask } from './sqlite-calls.ts'

/** The ledger over the two connections. Cursors are read here, so that a wrong one is its sender's error. */
export function sqliteLedger(read: Ask, write: Ask): Ledger {
  return {
    backlog: () => read('backlog', null),
    wasOwed: (sink) => read('wasOwed', { sink }),
    events: async (query) => page(await read('events', at(query)), withData),
    async event(id) {
      const found = await read('event', { id })
      return found && withData(found)
    },
    deliveries: async (query) => page(await read('deliveries', at(query)), (delivery) => delivery),
    retry: async (selection, batch) =>
      progress(await write('retry', { selection, batch: at(batch) })),
    owe: (batch, query) => write('owe', { batch, query }),
    discard: async (sink, reason, query) =>
      progress(await write('discard', { sink, reason, query: at(query) })),
    pauses: () => read('pauses', null),
    pause: async (pause) => void (await write('pause', pause)),
    resume: async (sink, only) => void (await write('resume', { sink, only })),
    record: (entry) => write('record', entry),
    conclude: async (id, outcome) => void (await write('conclude', { id, outcome })),
    audit: async (query) => page(await read('audit', at(query)), (entry) => entry),
    async prune({ cursor, ...query }) {
      const { count, next } = await write('prune', { ...query, from: stageOf(cursor) })
      return { count, next: cursorAtStage(next) }
    },
  }
}

function at<Query extends { readonly cursor?: string | undefined }>(query: Query): At<Query> {
  const { cursor, ...rest } = query
  return { ...rest, after: positionOf(cursor) }
}

function page<Row, Item>({ items, next }: Rows<Row>, itemOf: (row: Row) => Item): Page<Item> {
  return { items: items.map(itemOf), next: cursorAt(next) }
}

function progress({ count, next }: { readonly count: number; readonly next: number | null }) {
  return { count, next: cursorAt(next) }
}

export function withData<Row extends { readonly event: BareEvent }>(row: Row) {
  return { ...row, event: { ...row.event, data: dataOf(row.event.raw) } }
}
