import type { JsonObject } from '../core/event.ts'
import { noSuchSink } from '../core/known-sinks.ts'
import { printable } from '../core/printable.ts'
import { type Arguments, type CommandGroup, UsageError } from './command.ts'
import { change, yesHelp, yesOption } from './data/change.ts'
import type { Data } from './data/data.ts'
import { createPrinter, field } from './data/list.ts'
import { count, numberAt } from './data/numbers.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'

const list: CommandGroup['commands'][string] = {
  summary: 'how each is doing',
  usage: '[--json] [--url URL]',
  help: `Every sink of routes.yaml, and every other that is still owed something or has dead letters. What only the running gateway knows (breaker, rates) is shown with --url alone.

${dataHelp}

--json          one JSON object a line, named as in docs/api.md`,
  options: { ...dataOptions, json: { type: 'boolean' } },
  async run(args) {
    const print = createPrinter(args, {
      NAME: field('name'),
      TYPE: field('type'),
      STATE: stateOf,
      BACKLOG: field('backlog'),
      DEAD: field('dead'),
      'OLDEST PENDING': field('oldest_pending_at'),
      'IN FLIGHT': field('in_flight'),
      BREAKER: field('breaker'),
      'DELIVERED/MIN': field('delivered_per_minute'),
      'FAILED/MIN': field('failed_per_minute'),
    })
    print(await withData(args, (data) => data.sinks()))
    return 0
  },
}

function stateOf({ configured, ready, paused_by }: JsonObject): string {
  const paused = pausedBy(paused_by)
  if (paused) return `paused by ${paused}`
  if (configured === false) return 'not in routes.yaml'
  return ready === false ? 'not ready' : '–'
}

/** `file, operator`; empty where it is not paused. */
function pausedBy(names: JsonObject[string] | undefined): string {
  return Array.isArray(names) ? printable(names.join(', ')) : ''
}

const pause: CommandGroup['commands'][string] = {
  summary: 'send nothing more; what is owed is kept',
  usage: '<name> [--url URL]',
  help: `Nothing more is sent to the sink, also over restarts, until it is resumed. What it is owed is kept.

${dataHelp}`,
  positionals: 1,
  options: dataOptions,
  async run(args) {
    const name = nameOf(args)
    await withData(args, (data) => data.pause(name))
    process.stdout.write(`${name} is paused; what it is owed is kept\n`)
    return 0
  },
}

const resume: CommandGroup['commands'][string] = {
  summary: 'end a pause by an operator, or by a 410',
  usage: '<name> [--url URL]',
  help: `Ends a pause by an operator, and one by the receiver's 410. \`paused: true\` in routes.yaml stands.

${dataHelp}`,
  positionals: 1,
  options: dataOptions,
  async run(args) {
    const name = nameOf(args)
    const sink = await withData(args, async (data) => {
      await data.resume(name)
      return await find(data, name)
    })
    const still = pausedBy(sink?.paused_by)
    process.stdout.write(
      still ? `${name} is still paused by ${still}: edit routes.yaml\n` : `${name} is resumed\n`,
    )
    return 0
  },
}

const discard: CommandGroup['commands'][string] = {
  summary: 'make dead letters of all that is owed',
  usage: '<name> [--yes] [--url URL]',
  help: `What the sink is owed becomes dead letters, but for what is in flight: until they are pruned, \`retry --sink\` brings
them back. For a sink that has left routes.yaml, or a backlog that nobody wants any more.

${dataHelp}

${yesHelp}`,
  positionals: 1,
  options: { ...dataOptions, ...yesOption },
  async run(args) {
    const name = nameOf(args)
    const discarded = (numbers: JsonObject) => numberAt(numbers, 'discarded')
    return withData(args, (data) =>
      change(args, {
        noun: 'deliveries',
        count: discarded,
        preview: () => wouldDiscard(data, name),
        hasWork: (preview) => discarded(preview) > 0,
        make: (work) => data.discard(name, work),
        describe(numbers, done) {
          const owed = count(discarded(numbers), 'delivery', 'deliveries')
          return `${owed} owed to ${name} ${done ? 'made' : 'would become'} dead letters`
        },
      }),
    )
  },
}

async function wouldDiscard(data: Data, name: string): Promise<JsonObject> {
  const sinks = await data.sinks()
  const sink = sinks.find((one) => one.name === name)
  if (sink) return { discarded: numberAt(sink, 'backlog') }
  const names = sinks.map((one) => String(one.name))
  throw new UsageError(noSuchSink(name, names))
}

async function find(data: Data, name: string): Promise<JsonObject | undefined> {
  return (await data.sinks()).find((sink) => sink.name === name)
}

function nameOf(args: Arguments): string {
  const [name] = args.positionals
  if (name) return name
  throw new UsageError('name a sink; `sinks list` shows them')
}

export const sinks: CommandGroup = { commands: { list, pause, resume, discard } }
