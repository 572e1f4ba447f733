import { existsSync } from 'node:fs'
import { ConfigError } from '../../core/errors.ts'
import { createRedaction } from '../../core/redact.ts'
import type { Env } from '../../hosts/environment.ts'
import { readConfigFile } from '../../hosts/node-config.ts'
import type { Hiding } from '../../http/api/shapes.ts'

/** What routes.yaml hides from people. Whoever is on call may lack its secrets, or the file. */
export async function readHiding(file: string, env: Env): Promise<Hiding> {
  const nothing = { redact: createRedaction([]), sinks: new Map() }
  if (!existsSync(file)) return nothing
  try {
    const { config } = await readConfigFile({ file, env, mayLack: 'all' })
    const sinks = new Map(config.sinks.map((sink) => [sink.name, sink]))
    return { redact: createRedaction(config.redact), sinks }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first] = error.message.split('\n')
    process.stderr.write(`nothing is redacted, for routes.yaml cannot be read: ${first}\n`)
    return nothing
  }
}
