import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { createRouting, type LinkContext } from '../config/link.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblems } from '../config/problems.ts'
import { concealAll } from '../config/text/report.ts'
import { compileValidators } from '../config/validators.ts'
import { ConfigError, messageOf, type Problem } from '../core/errors.ts'
import type { Routing } from '../core/plan.ts'
import { eventSchemas } from '../feishu/event-schemas.ts'
import { ConfigFileError } from './config-file-error.ts'
import type { Env } from './environment.ts'
import { resolveSink, sinkTypes, sourceTypes } from './node-plugs.ts'

export interface ConfigFile {
  /** Absolute. */
  readonly file: string
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
  /** `serve --dev` makes up the keys that sources lack. */
  readonly inventSecret?: ((variable: string) => string) | undefined
}

/** Throws ConfigFileError with every problem at once. */
export async function readConfigFile({
  file,
  env,
  sourcesOnly = false,
  inventSecret,
}: ReadOptions): Promise<ConfigFile> {
  const folder = dirname(resolve(file))
  const text = await readText(file)
  const report = (problems: readonly Problem[], hiddenText?: string) =>
    formatProblems(basename(file), text, problems, hiddenText)
  const conceal = (words: Config['words'], problems: readonly Problem[]) =>
    problems.map((problem) => ({ ...problem, message: concealAll(problem.message, words) }))
  try {
    const config = await loadConfig(text, {
      fileName: basename(file),
      env,
      readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
      sources: sourceTypes,
      resolveSink: (type) => resolveSink(folder, type),
      sinkTypes: sinkTypes.map(({ type }) => type),
      eventSchemas,
      sourcesOnly,
      ...(inventSecret && { inventSecret }),
    })
    return {
      file: resolve(file),
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

/** How a file's sources are opened, and its events checked. */
export const linking: Pick<LinkContext, 'validate' | 'sourceType'> = {
  validate: compileValidators(eventSchemas),
  sourceType: (type) => sourceTypes.find((known) => known.type === type),
}

/** What the file says of events, with nothing opened. */
export function routingOf({ config }: ConfigFile): Routing {
  return createRouting(config, linking)
}

/** The text of routes.yaml. Throws ConfigError. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const problem = { path: '', message: `cannot read ${file}: ${messageOf(error)}` }
    throw new ConfigError([problem])
  }
}
