import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { loadUnexpanded, type UnexpandedConfig } from '../../config/load-unexpanded.ts'
import { formatProblems } from '../../config/problems.ts'
import { ConfigError, type Problem } from '../../core/errors.ts'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import { ConfigFileError } from '../../hosts/config-file-error.ts'
import { resolveSink, sourceTypes } from '../../hosts/node-plugs.ts'
import { readRoutesFiles } from '../../hosts/routes-files.ts'
import { checkTarget } from './check-target.ts'
import { edgeSinks } from './edge-plugs.ts'

/** routes.yaml for a place that gets to know the values of its variables later. */
export interface UnexpandedFile extends Omit<UnexpandedConfig, 'warnings' | 'hiddenText'> {
  /** Where plugins are. */
  readonly folder: string
  /** As people read them; empty without any. */
  readonly warnings: string
  /** Problems as people read them: with the lines that they are about. */
  report(problems: readonly Problem[]): string
  /** Problems that the file's author shall read. */
  fail(problems: readonly Problem[]): ConfigFileError
}

/** Throws ConfigFileError with every problem at once. */
export async function readUnexpanded(file: string): Promise<UnexpandedFile> {
  const folder = dirname(resolve(file))
  const files = await readRoutesFiles(file, async () => {})
  const report = (problems: readonly Problem[], hiddenText?: string) =>
    formatProblems(files, problems, hiddenText)
  try {
    const { config, schemas, variables, warnings, hiddenText } = await withoutEnvironment(() =>
      loadUnexpanded(files, {
        sources: sourceTypes,
        resolveSink: (type) => resolveSink(folder, type),
        sinkTypes: [...edgeSinks.keys()],
        eventSchemas,
        readSchema: (path) => readFile(resolve(folder, path), 'utf8'),
        checkTarget,
      }),
    )
    const reportHidden = (problems: readonly Problem[]) => report(problems, hiddenText)
    const fail = (problems: readonly Problem[]) =>
      new ConfigFileError(new ConfigError(problems), reportHidden(problems))
    return {
      folder,
      config,
      schemas,
      variables,
      warnings: report(warnings),
      report: reportHidden,
      fail,
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigFileError(error, report(error.problems))
  }
}

/** Plugins are loaded: what their options have as a default goes into what is built. */
async function withoutEnvironment<T>(task: () => Promise<T>): Promise<T> {
  const { env } = process
  process.env = {}
  try {
    return await task()
  } finally {
    process.env = env
  }
}
