import { ConfigError, messageOf, type Problem } from '../../core/errors.ts'
import type { Runtime } from '../../core/runtime.ts'
import { ConfigFileError } from '../../hosts/config-file-error.ts'
import { readTls } from '../../hosts/egress/tls.ts'
import type { ConfigFile } from '../../hosts/node-config.ts'
import { resolveSink } from '../../hosts/node-plugs.ts'

/** Reads the files that the sinks' options name. Throws ConfigFileError with what `serve` would say of them. */
export async function checkFiles({ folder, config, report }: ConfigFile): Promise<void> {
  const runtime = readerIn(folder)
  const problems: Problem[] = []
  for (const { name, type, options } of config.sinks) {
    const sinkType = await resolveSink(folder, type)
    try {
      sinkType?.checkFiles?.(options, runtime)
    } catch (error) {
      problems.push(...problemsIn(error).map((problem) => beneath(`sinks.${name}`, problem)))
    }
  }
  if (problems.length > 0) throw new ConfigFileError(new ConfigError(problems), report(problems))
}

/** A runtime makes connections, for which there is no need here. */
function readerIn(folder: string): Pick<Runtime, 'folder' | 'secure'> {
  return {
    folder,
    secure(options) {
      readTls(folder, options)
      return { close: async () => {} }
    },
  }
}

function problemsIn(error: unknown): readonly Problem[] {
  return error instanceof ConfigError ? error.problems : [{ path: '', message: messageOf(error) }]
}

function beneath(base: string, { path, message }: Problem): Problem {
  return { path: path === '' ? base : `${base}.${path}`, message }
}
