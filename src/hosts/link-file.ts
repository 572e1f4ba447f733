import { link } from '../config/link.ts'
import { ConfigError } from '../core/errors.ts'
import type { Plan } from '../core/plan.ts'
import type { Runtime } from '../core/runtime.ts'
import { ConfigFileError } from './config-file-error.ts'
import { type ConfigFile, linkingOf } from './node-config.ts'
import { resolveSink } from './node-plugs.ts'

/** Opens what the file names. Throws ConfigFileError when something cannot be opened, and then nothing is. */
export async function linkFile(file: ConfigFile, runtime: Runtime, previous?: Plan): Promise<Plan> {
  const plugins = await Promise.all(
    file.config.sinks.map(({ type }) => resolveSink(file.folder, type)),
  )
  const context = {
    ...linkingOf(file.config),
    runtime,
    sinkType: (type: string) => plugins.find((known) => known?.type === type),
  }
  try {
    return await link(file.config, context, previous)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigFileError(error, file.report(error.problems))
  }
}
