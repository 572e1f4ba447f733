import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ConfigError, messageOf } from '../core/errors.ts'
import { printableLines } from '../core/printable.ts'
import { didYouMean } from '../core/suggest.ts'
import { ConfigFileError } from '../hosts/config-file-error.ts'
import { type Command, type CommandGroup, UsageError } from './command.ts'

interface Named {
  readonly summary: string
  /** A command loads when it is named: it needs only its own modules. */
  load(): Promise<Command | CommandGroup>
}

const commands: Readonly<Record<string, Named>> = {
  serve: {
    summary: 'receive, route and deliver, by routes.yaml',
    load: async () => (await import('./serve.ts')).serve,
  },
  check: {
    summary: 'say everything that is wrong with routes.yaml, with --live also at its other ends',
    load: async () => (await import('./check.ts')).check,
  },
  explain: {
    summary: 'say which routes an event matches, and why the others do not',
    load: async () => (await import('./explain.ts')).explain,
  },
  test: {
    summary: 'run routes.test.yaml: events, and where they shall go',
    load: async () => (await import('./test.ts')).test,
  },
  send: {
    summary: 'send an event as Feishu would, encrypted and signed with the source’s keys',
    load: async () => (await import('./send.ts')).send,
  },
  events: {
    summary: 'look at the events that are stored',
    load: async () => (await import('./events.ts')).events,
  },
  deliveries: {
    summary: 'look at what is owed, delivered or dead',
    load: async () => (await import('./deliveries.ts')).deliveries,
  },
  retry: {
    summary: 'owe dead letters again',
    load: async () => (await import('./retry.ts')).retry,
  },
  replay: {
    summary: 'put stored events through the routes as they are now',
    load: async () => (await import('./replay.ts')).replay,
  },
  sinks: {
    summary: 'see how the sinks are doing; pause, resume or discard',
    load: async () => (await import('./sinks.ts')).sinks,
  },
  subscriptions: {
    summary: 'see which approvals the routes need, and subscribe to them',
    load: async () => (await import('./subscriptions.ts')).subscriptions,
  },
  audit: {
    summary: 'see who paused, resumed, retried, replayed and discarded',
    load: async () => (await import('./audit.ts')).audit,
  },
  migrate: {
    summary: 'move a SQLite store into Postgres',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  build: {
    summary: 'make a worker of routes.yaml, for Cloudflare',
    load: async () => (await import('./build.ts')).build,
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

/** `lark-fanout <args>`, in this process. Resolves to the exit code: bad usage and bad config are 2, all that fails for another reason is 1. */
export async function runCommand([name = '--help', ...args]: readonly string[]): Promise<number> {
  try {
    if (name === 'help' && args[0]) return await runCommand([...args, '--help'])
    if (['help', '--help', '-h'].includes(name)) return print(usage('lark-fanout', commands))
    if (name === '--version') return print(await version())
    const command = await named('lark-fanout', commands, name).load()
    return 'run' in command
      ? await run(`lark-fanout ${name}`, command, args)
      : await runOneOf(`lark-fanout ${name}`, command, args)
  } catch (error) {
    return report(error)
  }
}

async function runOneOf(
  prefix: string,
  { commands }: CommandGroup,
  [name = '', ...args]: readonly string[],
): Promise<number> {
  if (['--help', '-h'].includes(name)) return print(usage(prefix, commands))
  if (name === '' || name.startsWith('-')) throw new UsageError(usage(prefix, commands))
  return await run(`${prefix} ${name}`, named(prefix, commands, name), args)
}

/** Throws UsageError where there is none of that name. */
function named<T extends { readonly summary: string }>(
  prefix: string,
  commands: Readonly<Record<string, T>>,
  name: string,
): T {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command
  const hint = didYouMean(name, Object.keys(commands))
  throw new UsageError(`there is no command "${name}"${hint}\n\n${usage(prefix, commands)}`)
}

async function run(name: string, command: Command, args: readonly string[]): Promise<number> {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  const parsed = parse([...args], options)
  if (parsed.values.help) return print(`${name} ${command.usage}\n\n${command.help}`)
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

function usage(
  prefix: string,
  commands: Readonly<Record<string, { readonly summary: string }>>,
): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  )
  return `${prefix} <command>\n\n${lines.join('\n')}\n\n${prefix} <command> --help says more.`
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return DONE
}

function report(error: unknown): number {
  process.stderr.write(
    `${error instanceof ConfigFileError ? error.report : printableLines(messageOf(error))}\n`,
  )
  return error instanceof UsageError || error instanceof ConfigError ? WRONG : FAILED
}
