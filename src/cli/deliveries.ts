import type { JsonObject } from '../core/event.ts'
import { type CommandGroup, oneOf, text } from './command.ts'
import { createList, field, listHelp, listOptions, shown } from './data/list.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'
import { spanHelp, spanOf, spanOptions } from './data/when.ts'

const list: CommandGroup['commands'][string] = {
  summary: 'newest first: pending, delivered and dead ones',
  usage: '[filters] [--limit N | --all] [--json] [--url URL]',
  help: `What each sink is owed and has had, newest first.

${dataHelp}

--state STATE   pending, delivered or dead
--sink NAME     only of this sink
--event ID      only of this event: its id, or its REF as ref:17
${spanHelp}
${listHelp}`,
  options: {
    ...dataOptions,
    ...spanOptions,
    ...listOptions,
    state: { type: 'string' },
    sink: { type: 'string' },
    event: { type: 'string' },
  },
  async run(args) {
    const query = {
      state: oneOf(args, 'state', ['pending', 'delivered', 'dead']),
      sink: text(args, 'sink'),
      event: text(args, 'event'),
      ...spanOf(args, Date.now()),
    }
    const print = createList(args, {
      noun: 'deliveries',
      columns: {
        ID: field('id'),
        ACCEPTED: field('accepted_at'),
        SINK: field('sink'),
        EVENT: ({ event, event_ref }) => shown(event || event_ref),
        STATE: ({ state, in_flight }) => (in_flight ? 'in flight' : shown(state)),
        ATTEMPTS: field('attempts'),
        'NEXT OR SETTLED': nextOrSettled,
        REASON: field('reason'),
      },
    })
    await withData(args, (data) => print((part) => data.deliveries({ ...query, ...part })))
    return 0
  },
}

function nextOrSettled({ next_attempt_at, settled_at }: JsonObject): string {
  return shown(settled_at ?? next_attempt_at)
}

export const deliveries: CommandGroup = { commands: { list } }
