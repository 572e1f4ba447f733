import { printable } from '../core/printable.ts'
import { type Environment, readEnvironment } from '../hosts/environment.ts'
import type { ConfigFile, ReadOptions } from '../hosts/node-config.ts'
import type { PlacedAnswer } from './check/probe.ts'
import {
  type Arguments,
  type Command,
  configFile,
  configHelp,
  configOption,
  fileAndEnv,
  flag,
  UsageError,
} from './command.ts'
import { widthOf } from './data/terminal-text.ts'

export const check: Command = {
  usage: '[--config FILE] [--no-env | --live [--json]]',
  help: `${configHelp}
--no-env        for pull requests, which have no secrets: no variable need be set, and what the values are
                part of is not checked, nor are the files that the options name
--live          also ask receivers, brokers and Feishu whether they are there: consumers that have a
                verification_token or an encrypt_key for their url_verification, other webhooks by
                HEAD, Kafka for the topic, Feishu whether it takes the app, and for subscriptions,
                which are made where they are missing (subscribe: true). No event is delivered
--json          with --live: print one JSON object an answer

Exit code 0 when all is in order, 2 when the file has problems, 1 when something live is wrong.
Without --live nothing is opened or connected; the files that the options name are read.`,
  options: {
    ...configOption,
    env: { type: 'boolean', default: true },
    live: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(args) {
    const json = flag(args, 'json') ?? false
    const isLive = flag(args, 'live') ?? false
    if (json && !isLive) throw new UsageError('--json goes with --live')
    const { file: name, env } = fileAndEnv(args)
    const hasEnv = flag(args, 'env') ?? true
    if (!hasEnv && isLive) throw new UsageError('--live needs the environment')
    const { readConfigFile } = await import('../hosts/node-config.ts')
    const file = await readConfigFile(hasEnv ? { file: name, env } : withoutEnv(name))
    if (hasEnv) await (await import('./check/files.ts')).checkFiles(file)
    const output = json ? process.stderr : process.stdout
    if (file.warnings) output.write(`${file.warnings}\n\n`)
    if (!json) process.stdout.write(`${nameOf(file, args)} is in order: ${countsOf(file)}\n`)
    return isLive ? await checkLive(file, readEnvironment(env), json) : 0
  },
}

function withoutEnv(file: string): ReadOptions {
  return { file, env: {}, mayLack: 'all' }
}

function nameOf({ teamFiles }: ConfigFile, args: Arguments): string {
  const name = configFile(args)
  return teamFiles.length === 0
    ? name
    : `${name} with ${count(teamFiles.length, 'file')} in routes.d`
}

function countsOf({ config: { sources, sinks, routes } }: ConfigFile): string {
  const counts = [
    count(sources.length, 'source'),
    count(sinks.length, 'sink'),
    count(routes.length, 'route'),
  ]
  return counts.join(', ')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

async function checkLive(file: ConfigFile, environment: Environment, json: boolean) {
  // Here and not above: `check` alone needs none of what it takes to open sinks.
  const { askAll } = await import('./check/live.ts')
  const paths = [
    ...file.config.sources.map(({ name }) => `sources.${name}`),
    ...file.config.sinks.map(({ name }) => `sinks.${name}`),
  ]
  const width = Math.max(...paths.map((path) => widthOf(printable(path))))
  let isWrong = false
  for await (const answer of askAll(file, environment)) {
    isWrong ||= answer.result === 'wrong'
    const line = json ? JSON.stringify(answer) : lineOf(answer, width)
    process.stdout.write(`${line}\n`)
  }
  return isWrong ? 1 : 0
}

const MARKS = { ok: 'ok', wrong: '!!', unasked: '– ' } as const

function lineOf({ path, result, message }: PlacedAnswer, width: number): string {
  const named = printable(path)
  const gap = ' '.repeat(width - widthOf(named))
  return `${MARKS[result]}  ${named}${gap}  ${printable(message)}`
}
