import type { Config, RouteConfig } from '../config/config.ts'
import { concealAll } from '../config/text/report.ts'
import { compileValidators } from '../config/validators.ts'
import { type Event, matchView } from '../core/event.ts'
import { explainFilter } from '../core/filter/compile.ts'
import { readEnvelope } from '../feishu/envelope.ts'
import { eventSchemas } from '../feishu/event-schemas.ts'
import { readConfigFile } from '../hosts/node-config.ts'
import { type Command, configHelp, configOption, fileAndEnv, UsageError } from './command.ts'
import { readEventFile } from './event-file.ts'

export const explain: Command = {
  usage: '<event.json or -> [--config FILE]',
  help: `${configHelp}\n\nThe file holds a callback, decrypted, or its \`event\` object alone.`,
  positionals: 1,
  options: configOption,
  async run(args) {
    const [file] = args.positionals
    if (file === undefined) throw new UsageError('name an event file, or - for standard input')
    const body = await readEventFile(file)
    const raw = JSON.stringify(body)
    const { problems, time, ...rest } = readEnvelope(body, raw)
    const event = { ...rest, time: time ?? Date.now(), via: '', raw }
    const { config } = await readConfigFile(fileAndEnv(args))
    const wrong = [...problems, ...compileValidators(eventSchemas)(event.type, event.data)]
    // Of the routes alone: a sink's literal header may well be the name of a sink.
    const words = config.words.filter(({ path }) => path[0] === 'routes')
    const answer = lines(event, wrong, config).map((line) => concealAll(line, words))
    process.stdout.write(`${answer.join('\n')}\n`)
    return 0
  },
}

function lines(event: Event, wrong: readonly string[], { sources, routes }: Config): string[] {
  const takers = sources.filter(({ events }) => events === '*' || events.includes(event.type))
  if (takers.length === 0) return [headline(event), '  ignored: no source accepts its type']
  const via = takers.map(({ name }) => name)
  const width = Math.max(...routes.map(({ name }) => name.length), 0)
  const answers = routes.map((route) => ({ route, why: whyNot(route, event, via) }))
  const owed = new Set(answers.flatMap(({ route, why }) => (why === undefined ? route.to : [])))
  return [
    headline(event),
    ...wrong.map((problem) => `  quarantined: ${problem}`),
    ...answers.map(({ route, why }) => {
      const answer = why === undefined ? `matches, to ${route.to.join(', ')}` : `no: ${why}`
      return `  ${route.name.padEnd(width)}  ${answer}`
    }),
    wrong.length > 0 || owed.size === 0 ? 'owed to nobody' : `owed to ${[...owed].join(', ')}`,
  ]
}

function headline({ type, id }: Event): string {
  return `${type || 'an event without a type'} ${id}`
}

/** Undefined when the route matches an event that comes by one of these sources. */
function whyNot(route: RouteConfig, event: Event, via: readonly string[]): string | undefined {
  if (!route.enabled) return 'not enabled'
  if (route.from && !route.from.some((name) => via.includes(name))) {
    return `takes only what comes by ${route.from.join(', ')}`
  }
  return route.match === undefined ? undefined : explainFilter(route.match, matchView(event))
}
