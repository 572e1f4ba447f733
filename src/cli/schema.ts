import { routesSchema } from '../config/schema.ts'
import { sinkTypes, sourceTypes } from '../hosts/node-plugs.ts'
import { type Command, flag } from './command.ts'
import { testsSchema } from './test/schema.ts'

export const schema: Command = {
  usage: '[--test] > routes.schema.json',
  help: `--test          that of routes.test.yaml

The first line of routes.yaml points editors at it, and that of a file in routes.d:
# yaml-language-server: $schema=./routes.schema.json
# yaml-language-server: $schema=../routes.schema.json`,
  options: { test: { type: 'boolean' } },
  async run(args) {
    const shown = flag(args, 'test') ? testsSchema() : routesSchema(sourceTypes, sinkTypes)
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
    return 0
  },
}
