import type { ParseArgsConfig } from 'node:util'
import { currentEnv, type Env } from '../hosts/environment.ts'

/** One command of `lark-fanout`. */
export interface Command {
  /** What follows its name, e.g. `[event.json] [--url URL]`. */
  readonly usage: string
  readonly help: string
  /** How many arguments it takes beside its options; none without this. */
  readonly positionals?: number
  readonly options?: NonNullable<ParseArgsConfig['options']>
  /**
   * Resolves to the exit code. What a command types is in `<name>.ts`, and its work, where that takes libraries, in
   * `<name>/run.ts`, which is loaded as it begins: `--help` needs none of it.
   */
  run(args: Arguments): Promise<number>
}

export interface Arguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

/** Commands that share their first word: `events list`, `events show`. */
export interface CommandGroup {
  readonly commands: Readonly<Record<string, Command & { readonly summary: string }>>
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const configOption = { config: { type: 'string', default: './routes.yaml' } } as const

export const configHelp = '--config FILE   another file than ./routes.yaml'

/** A string option that was given or has a default; undefined without either. */
export function text({ values }: Arguments, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** A flag; undefined where neither it nor its `--no-` form was given. */
export function flag({ values }: Arguments, name: string): boolean | undefined {
  const value = values[name]
  return typeof value === 'boolean' ? value : undefined
}

/** A string option that is one of a few words. Throws UsageError for any other. */
export function oneOf<const Word extends string>(
  args: Arguments,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = text(args, name)
  const word = words.find((each) => each === value)
  if (value === undefined || word !== undefined) return word
  throw new UsageError(`--${name} must be one of ${words.join(', ')}`)
}

/** A number option. Throws UsageError for what is not above zero. */
export function positive(args: Arguments, name: string): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0 && Number.isFinite(number))) {
    throw new UsageError(`--${name} must be a number above 0`)
  }
  return number
}

/** The config file, and the environment to read it in. */
export function fileAndEnv(args: Arguments): { file: string; env: Env } {
  return { file: configFile(args), env: currentEnv(configFile(args)) }
}

export function configFile(args: Arguments): string {
  return text(args, 'config') ?? './routes.yaml'
}
