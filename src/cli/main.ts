#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ConfigError, messageOf } from '../core/errors.ts'
import { ConfigFileError } from '../hosts/config-file-error.ts'
import { type Command, UsageError } from './command.ts'

interface Named {
  readonly summary: string
  /** A command loads when it is named: it needs only its own modules. */
  load(): Promise<Command>
}

const commands: Readonly<Record<string, Named>> = {
  serve: {
    summary: 'receive, route and deliver, by routes.yaml',
    load: async () => (await import('./serve.ts')).serve,
  },
  check: {
    summary: 'say everything that is wrong with routes.yaml',
    load: async () => (await import('./check.ts')).check,
  },
  explain: {
    summary: 'say which routes an event matches, and why the others do not',
    load: async () => (await import('./explain.ts')).explain,
  },
  send: {
    summary: 'send an event as Feishu would, encrypted and signed with the source’s keys',
    load: async () => (await import('./send.ts')).send,
  },
  schema: {
    summary: 'print the JSON Schema of routes.yaml, for editors',
    load: async () => (await import('./schema.ts')).schema,
  },
  demo: {
    summary: 'show the main job on this machine: callbacks in, three kinds of receivers out',
    load: async () => (await import('./demo.ts')).demo,
  },
}

const DONE = 0
const FAILED = 1
const WRONG = 2

/** Resolves to the exit code. Bad usage and bad config are 2, all that fails for another reason is 1. */
async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  try {
    if (name === 'help' && args[0]) return await main([args[0], '--help'])
    if (['help', '--help', '-h'].includes(name)) return print(usage())
    if (name === '--version') return print(await version())
    const named = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!named) throw new UsageError(`there is no command "${name}"\n\n${usage()}`)
    return await run(name, await named.load(), args)
  } catch (error) {
    return report(error)
  }
}

async function run(name: string, command: Command, args: readonly string[]): Promise<number> {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  const parsed = parse([...args], options)
  if (parsed.values.help) return print(`lark-fanout ${name} ${command.usage}\n\n${command.help}`)
  if (parsed.positionals.length > (command.positionals ?? 0)) {
    throw new UsageError(`${name} does not take "${parsed.positionals.at(-1)}"; see ${name} --help`)
  }
  return await command.run(parsed)
}

async function version(): Promise<string> {
  const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return `lark-fanout ${JSON.parse(file).version}`
}

function parse(args: string[], options: NonNullable<Command['options']>) {
  try {
    return parseArgs({ args, options, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function usage(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`,
  )
  return `lark-fanout <command>\n\n${lines.join('\n')}\n\nlark-fanout <command> --help says more.`
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return DONE
}

function report(error: unknown): number {
  process.stderr.write(`${error instanceof ConfigFileError ? error.report : messageOf(error)}\n`)
  return error instanceof UsageError || error instanceof ConfigError ? WRONG : FAILED
}

// A plugin may have left timers and connections behind, which must not keep the process.
process.exit(await main(process.argv.slice(2)))
