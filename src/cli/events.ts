import type { JsonObject } from '../core/event.ts'
import { type CommandGroup, flag, oneOf, text, UsageError } from './command.ts'
import { describeEvent } from './data/describe-event.ts'
import { createList, field, listHelp, listOptions, shown } from './data/list.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'
import { jsonLine } from './data/terminal-text.ts'
import { spanHelp, spanOf, spanOptions } from './data/when.ts'

const list: CommandGroup['commands'][string] = {
  summary: 'newest first',
  usage: '[filters] [--limit N | --all] [--json] [--url URL]',
  help: `The stored events, newest first.

${dataHelp}

--type TYPE     only of this type, such as approval_cc
--source NAME   only by this source
--state STATE   accepted or quarantined
${spanHelp}
--q TEXT        exactly an event id, instance_code, approval_code or user_id
${listHelp}`,
  options: {
    ...dataOptions,
    ...spanOptions,
    ...listOptions,
    type: { type: 'string' },
    source: { type: 'string' },
    state: { type: 'string' },
    q: { type: 'string' },
  },
  async run(args) {
    const query = {
      type: text(args, 'type'),
      source: text(args, 'source'),
      state: oneOf(args, 'state', ['accepted', 'quarantined']),
      q: text(args, 'q'),
      ...spanOf(args, Date.now()),
    }
    const print = createList(args, {
      noun: 'events',
      columns: {
        ACCEPTED: field('accepted_at'),
        REF: field('ref'),
        ID: field('id'),
        TYPE: field('type'),
        SOURCE: field('source'),
        STATE: stateOf,
      },
    })
    await withData(args, (data) => print((part) => data.events({ ...query, ...part })))
    return 0
  },
}

/** `quarantined: event.operate: must be one of CREATE, READ` */
function stateOf({ state, problems }: JsonObject): string {
  const why = Array.isArray(problems) ? problems : []
  return [shown(state), why.join('; ')].filter(Boolean).join(': ')
}

const show: CommandGroup['commands'][string] = {
  summary: 'one event: its body, and every attempt to deliver it',
  usage: '<id> [--json] [--url URL]',
  help: `The id is the event's own (the latest event of that id), or its REF; ref:17 is a REF for certain.

${dataHelp}

--json          one JSON object, named as in docs/api.md`,
  positionals: 1,
  options: { ...dataOptions, json: { type: 'boolean' } },
  async run(args) {
    const [id] = args.positionals
    if (!id) throw new UsageError('name an event: its id, or its REF in `events list`')
    const event = await withData(args, (data) => data.event(id))
    if (event === null) throw new Error(`there is no event "${id}"`)
    process.stdout.write(`${flag(args, 'json') ? jsonLine(event) : describeEvent(event)}\n`)
    return 0
  },
}

export const events: CommandGroup = { commands: { list, show } }
