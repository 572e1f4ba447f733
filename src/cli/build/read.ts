import { basename, dirname, resolve } from 'node:path'
import { loadUnexpanded, type UnexpandedConfig } from '../../config/load-unexpanded.ts'
import { formatProblems } from '../../config/problems.ts'
import { ConfigError, type Problem } from '../../core/errors.ts'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import { ConfigFileError } from '../../hosts/config-file-error.ts'
import { readText } from '../../hosts/node-config.ts'
import { resolveSink, sourceTypes } from '../../hosts/node-plugs.ts'
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
  const text = await readText(file)
  const report = (problems: readonly Problem[], hiddenText?: string) =>
    formatProblems(basename(file), text, problems, hiddenText)
  try {
    const { config, variables, warnings, hiddenText } = await withoutEnvironment(() =>
      loadUnexpanded(text, {
        fileName: basename(file),
        sources: sourceTypes,
        resolveSink: (type) => resolveSink(folder, type),
        sinkTypes: [...edgeSinks.keys()],
        eventSchemas,
        checkTarget,
      }),
    )
    const reportHidden = (problems: readonly Problem[]) => report(problems, hiddenText)
    const fail = (problems: readonly Problem[]) =>
      new ConfigFileError(new ConfigError(problems), reportHidden(problems))
    return {
      folder,
      config,
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
