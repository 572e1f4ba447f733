import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblems } from '../config/problems.ts'
import { createRouting, type RoutingContext } from '../config/routing.ts'
import { concealAll } from '../config/text/report.ts'
import { compileValidators } from '../config/validators.ts'
import { ConfigError, type Problem } from '../core/errors.ts'
import type { Routing } from '../core/plan.ts'
import { eventSchemas } from '../feishu/event-schemas.ts'
import { ConfigFileError } from './config-file-error.ts'
import type { Env } from './environment.ts'
import { resolveSink, sinkTypes, sourceTypes } from './node-plugs.ts'
import { type Reading, readRoutesFiles } from './routes-files.ts'

export interface ConfigFile {
  /** Absolute. */
  readonly file: string
  /** The names of the teams' files that are part of it: `routes.d/finance.yaml`. */
  readonly teamFiles: readonly string[]
  /** Where plugins and relative paths are. */
  readonly folder: string
  readonly config: Config
  /** Problems as people read them: with the lines that they are about, and without what may not be shown. */
  report(problems: readonly Problem[]): string
  /** The warnings as people read them, with the lines they are about; empty without any. */
  readonly warnings: string
}

export interface ReadOptions {
  readonly file: string
  readonly env: Env
  /** The sinks and routes may be wrong, and are not to be used. */
  readonly sourcesOnly?: boolean
  /** Which values from outside may be missing: those that no route depends on, or all; none without it. */
  readonly mayLack?: 'unrouted' | 'all'
  /** `serve --dev` makes up the keys that sources lack. */
  readonly inventSecret?: ((variable: string) => string) | undefined
  /** Told of all that the plan is made of, each before it is read. */
  readonly reading?: Reading
}

/** Throws ConfigFileError with every problem at once. */
export async function readConfigFile({
  file,
  env,
  sourcesOnly = false,
  mayLack,
  inventSecret,
  reading = async () => {},
}: ReadOptions): Promise<ConfigFile> {
  const folder = dirname(resolve(file))
  const files = await readRoutesFiles(file, reading)
  const report = (problems: readonly Problem[], hiddenText?: string) =>
    formatProblems(files, problems, hiddenText)
  const conceal = (words: Config['words'], problems: readonly Problem[]) =>
    problems.map((problem) => ({ ...problem, message: concealAll(problem.message, words) }))
  try {
    const config = await loadConfig(files, {
      env,
      readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
      sources: sourceTypes,
      resolveSink: (type) => resolveSink(folder, type),
      sinkTypes: sinkTypes.map(({ type }) => type),
      eventSchemas,
      readSchema: (path) => readSchema(resolve(folder, path), reading),
      sourcesOnly,
      ...(mayLack && { mayLack }),
      ...(inventSecret && { inventSecret }),
    })
    return {
      file: resolve(file),
      teamFiles: files.slice(1).map(({ name }) => name),
      folder,
      config,
      warnings: report(config.warnings),
      report: (problems) => report(conceal(config.words, problems), config.hiddenText),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigFileError(error, report(error.problems))
  }
}

async function readSchema(file: string, reading: Reading): Promise<string> {
  await reading(file)
  return readFile(file, 'utf8')
}

const validateKnown = compileValidators(eventSchemas)

/** How a file's sources are opened, and its events checked. */
export function linkingOf({ schemas }: Config): Pick<RoutingContext, 'validate' | 'sourceType'> {
  const validateOwn = compileValidators(schemas, 'theirs')
  return {
    validate(type, data) {
      return Object.hasOwn(schemas, type) ? validateOwn(type, data) : validateKnown(type, data)
    },
    sourceType: (type) => sourceTypes.find((known) => known.type === type),
  }
}

/** What the file says of events, with nothing opened. */
export function routingOf({ config, folder }: ConfigFile): Routing {
  return createRouting(config, {
    ...linkingOf(config),
    sinkType: (type) => resolveSink(folder, type),
  })
}
