import type { Ledger } from '../core/ledger.ts'
import { seqsOfRefs } from './cursor.ts'
import { at, page, progress } from './pages.ts'
import { withData } from './rows.ts'
import { eventsAt, eventsPage } from './search.ts'
import { PRUNE_STAGES } from './sqlite/prune.ts'
import type { Ask } from './sqlite-calls.ts'
import { cursorAtStage, stageOf } from './stages.ts'

/** The ledger over the two connections. Cursors are read here, so that a wrong one is its sender's error. */
export function sqliteLedger(read: Ask, write: Ask): Ledger {
  return {
    backlog: () => read('backlog', null),
    wasOwed: (sink) => read('wasOwed', { sink }),
    events: async (query) => eventsPage(await read('events', eventsAt(query)), withData),
    async event(name) {
      const found = await read('event', name)
      return found && withData(found)
    },
    outcomes: (refs) => read('outcomes', { seqs: seqsOfRefs(refs) }),
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
      const { count, next } = await write('prune', {
        ...query,
        from: stageOf(PRUNE_STAGES, cursor),
      })
      return { count, next: cursorAtStage(next) }
    },
  }
}
