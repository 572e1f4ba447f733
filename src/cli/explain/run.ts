import { type Explanation, explainEvent } from '../../core/explanation.ts'
import { printable } from '../../core/printable.ts'
import { readPasted } from '../../feishu/pasted.ts'
import { readConfigFile, routingOf } from '../../hosts/node-config.ts'
import { acceptingSources, bySource, differingSinks, type SourceSinks } from '../by-source.ts'
import { type Arguments, fileAndEnv, flag, text, UsageError } from '../command.ts'
import { jsonLine } from '../data/terminal-text.ts'
import { newId, readPastedFile } from '../event-file.ts'
import { USUAL_TYPE } from '../sample-event.ts'

/** Resolves to the exit code. */
export async function runExplain(args: Arguments): Promise<number> {
  const [name] = args.positionals
  if (name === undefined) throw new UsageError('name an event file, or - for standard input')
  const pasted = await readPastedFile(name)
  const { problems, ...rest } = readPasted(pasted, {
    id: newId(),
    now: Date.now(),
    type: text(args, 'type') ?? USUAL_TYPE,
  })
  const event = { ...rest.event, via: '' }
  const file = await readConfigFile({ ...fileAndEnv(args), mayLack: 'unrouted' })
  const routing = routingOf(file)
  const explained = explainEvent(routing, event, [...problems, ...routing.check(event)])
  const sources = acceptingSources(file.config.sources, event.type)
  const by = explained.sinks.length === 0 ? [] : differingSinks(routing, event, sources)
  const isAccepted = event.type === '' || sources.length > 0
  const lines = flag(args, 'json')
    ? [jsonLine(JSON.stringify({ ...explained, bySource: by }))]
    : [headline(explained), ...(isAccepted ? answers(explained, by) : [IGNORED])].map(printable)
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

const IGNORED = '  ignored: no source accepts its type'

function headline({ type, id }: Explanation): string {
  return `${type || 'an event without a type'} ${id}`
}

function answers({ problems, routes, sinks }: Explanation, by: readonly SourceSinks[]): string[] {
  const width = Math.max(...routes.map(({ name }) => name.length), 0)
  return [
    ...problems.map((problem) => `  quarantined: ${problem}`),
    ...routes.map(({ name, why, to }) => {
      return `  ${name.padEnd(width)}  ${why === null ? `matches, to ${to.join(', ')}` : `no: ${why}`}`
    }),
    by.length === 0 ? owed(sinks) : `owed to whom hangs on its source: ${bySource(by)}`,
  ]
}

function owed(sinks: readonly string[]): string {
  return sinks.length === 0 ? 'owed to nobody' : `owed to ${sinks.join(', ')}`
}
