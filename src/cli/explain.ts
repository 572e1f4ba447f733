import { type Explanation, explainEvent } from '../core/explanation.ts'
import { printable } from '../core/printable.ts'
import { readPasted } from '../feishu/pasted.ts'
import { readConfigFile, routingOf } from '../hosts/node-config.ts'
import { type Command, configHelp, configOption, fileAndEnv, flag, UsageError } from './command.ts'
import { jsonLine } from './data/terminal-text.ts'
import { newId, readPastedFile } from './event-file.ts'

export const explain: Command = {
  usage: '<event.json or -> [--config FILE] [--json]',
  help: `${configHelp}
--json          print one JSON object

The file holds a callback, decrypted, or its \`event\` object alone. Of the variables in routes.yaml only those
that routes need must be set.`,
  positionals: 1,
  options: { ...configOption, json: { type: 'boolean' } },
  async run(args) {
    const [name] = args.positionals
    if (name === undefined) throw new UsageError('name an event file, or - for standard input')
    const pasted = await readPastedFile(name)
    const { problems, ...rest } = readPasted(pasted, { id: newId(), now: Date.now() })
    const event = { ...rest.event, via: '' }
    const file = await readConfigFile({ ...fileAndEnv(args), mayLack: 'unrouted' })
    const routing = routingOf(file)
    const explained = explainEvent(routing, event, [...problems, ...routing.check(event)])
    const isAccepted = file.config.sources.some(
      ({ events }) => event.type === '' || events === '*' || events.includes(event.type),
    )
    const lines = flag(args, 'json')
      ? [jsonLine(JSON.stringify(explained))]
      : [headline(explained), ...(isAccepted ? answers(explained) : [IGNORED])].map(printable)
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
}

const IGNORED = '  ignored: no source accepts its type'

function headline({ type, id }: Explanation): string {
  return `${type || 'an event without a type'} ${id}`
}

function answers({ problems, routes, sinks }: Explanation): string[] {
  const width = Math.max(...routes.map(({ name }) => name.length), 0)
  return [
    ...problems.map((problem) => `  quarantined: ${problem}`),
    ...routes.map(({ name, why, to }) => {
      return `  ${name.padEnd(width)}  ${why === null ? `matches, to ${to.join(', ')}` : `no: ${why}`}`
    }),
    sinks.length === 0 ? 'owed to nobody' : `owed to ${sinks.join(', ')}`,
  ]
}
