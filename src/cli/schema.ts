import { dirname, resolve } from 'node:path'
import { routesSchema } from '../config/schema.ts'
import { messageOf } from '../core/errors.ts'
import type { SinkType } from '../core/plugin.ts'
import { pluginTypes, resolveSink, sinkTypes, sourceTypes } from '../hosts/node-plugs.ts'
import { type Arguments, type Command, configFile, configOption, flag } from './command.ts'
import { testsSchema } from './test/schema.ts'

export const schema: Command = {
  usage: '[--test] [--config FILE] > routes.schema.json',
  help: `--test          that of routes.test.yaml
--config FILE   another file than ./routes.yaml: the plugins beside it are described, too

The first line of routes.yaml points editors at it, and that of a file in routes.d:
# yaml-language-server: $schema=./routes.schema.json
# yaml-language-server: $schema=../routes.schema.json`,
  options: { ...configOption, test: { type: 'boolean' } },
  async run(args) {
    const shown = flag(args, 'test') ? testsSchema() : await schemaBeside(args)
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
    return 0
  },
}

async function schemaBeside(args: Arguments) {
  const folder = dirname(resolve(configFile(args)))
  const plugins = await Promise.all(pluginTypes(folder).map((type) => load(folder, type)))
  return routesSchema(sourceTypes, [...new Set([...sinkTypes, ...plugins.flat()])])
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
