import { dirname, resolve } from 'node:path'
import { routesSchema } from '../../config/schema.ts'
import { messageOf } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import type { SinkType } from '../../core/plugin.ts'
import { pluginTypes, resolveSink, sinkTypes, sourceTypes } from '../../hosts/node-plugs.ts'
import { type Arguments, configFile, flag } from '../command.ts'
import { testsSchema } from '../test/schema.ts'

/** Resolves to the exit code. */
export async function runSchema(args: Arguments): Promise<number> {
  const shown = flag(args, 'test') ? testsSchema() : await schemaBeside(configFile(args))
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  return 0
}

/** That of routes.yaml, with the plugins beside it. */
async function schemaBeside(file: string): Promise<JsonObject> {
  const folder = dirname(resolve(file))
  const plugins: SinkType[] = []
  for (const type of pluginTypes(folder)) plugins.push(...(await load(folder, type)))
  return routesSchema(sourceTypes, [...new Set([...sinkTypes, ...plugins])])
}

/** What is no plugin, or does not load, is left out: it may be a module that plugins share. */
async function load(folder: string, type: string): Promise<readonly SinkType[]> {
  try {
    const plugin = await resolveSink(folder, type)
    // Within the schema of the whole file it would lead elsewhere.
    const refers = JSON.stringify(plugin?.options ?? {}).includes('"$ref":')
    if (refers) throw new Error(`plugins/${type} has options with a $ref, which has no place here`)
    return plugin ? [plugin] : []
  } catch (error) {
    process.stderr.write(`left out: ${messageOf(error)}\n`)
    return []
  }
}
