import { isObject, type JsonObject } from '../core/event.ts'
import { type Arguments, type Command, flag, text, UsageError } from './command.ts'
import { change, yesHelp, yesOption } from './data/change.ts'
import { count, numberAt } from './data/numbers.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'
import { spanHelp, spanOf, spanOptions } from './data/when.ts'

export const replay: Command = {
  usage: '--since TIME [--until TIME] [filters] [--resend] [--yes] [--url URL]',
  help: `Puts the stored events of a time through the routes as they are now: by routes.yaml as this command reads it, by
--url as the gateway has it. A sink is owed only what it has neither pending nor delivered; quarantined events are
checked anew.

${dataHelp}

${spanHelp}
--match JSON    only events that match this event pattern: '{"operate":"CREATE"}'
--route NAME    only by this route
--sink NAME     only for this sink
--resend        also what was delivered: a new delivery of the same event id
${yesHelp}`,
  options: {
    ...dataOptions,
    ...spanOptions,
    ...yesOption,
    match: { type: 'string' },
    route: { type: 'string' },
    sink: { type: 'string' },
    resend: { type: 'boolean' },
  },
  async run(args) {
    const now = Date.now()
    const { since, until = now } = spanOf(args, now)
    if (since === undefined) throw new UsageError('say from when on: --since 2h, for one')
    const request = {
      since,
      until,
      match: matchOf(args),
      route: text(args, 'route'),
      sink: text(args, 'sink'),
      resend: flag(args, 'resend') ?? false,
    }
    return withData(args, (data) =>
      change(args, {
        noun: 'events',
        count: (numbers) => numberAt(numbers, 'events'),
        preview: (work) => data.replay({ ...request, dry_run: true }, work),
        hasWork: (preview) => numberAt(preview, 'owed') + numberAt(preview, 'cleared') > 0,
        make: (work) => data.replay({ ...request, dry_run: false }, work),
        describe,
      }),
    )
  },
}

function matchOf(args: Arguments): JsonObject | undefined {
  const written = text(args, 'match')
  if (written === undefined) return undefined
  try {
    const pattern: unknown = JSON.parse(written)
    if (isObject(pattern)) return pattern
  } catch {}
  throw new UsageError('--match must be a JSON object, such as \'{"operate":"CREATE"}\'')
}

/** What is owed by sink, under a line that says what of. */
function describe(numbers: JsonObject, done: boolean): string {
  const events = count(numberAt(numbers, 'events'), 'event', 'events')
  const cleared = numberAt(numbers, 'cleared')
  const again = cleared > 0 ? `, ${cleared} of them quarantined until now` : ''
  const owed = count(numberAt(numbers, 'owed'), 'delivery', 'deliveries')
  const sinks = Object.entries(isObject(numbers.sinks) ? numbers.sinks : {})
  const width = Math.max(...sinks.map(([name]) => name.length), 0)
  return [
    `${events}${again}: ${owed} ${done ? 'owed' : 'would be owed'}`,
    ...sinks.map(([name, each]) => `  ${name.padEnd(width)}  ${each}`),
  ].join('\n')
}
