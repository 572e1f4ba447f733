import { routesSchema } from '../config/schema.ts'
import { sinkTypes, sourceTypes } from '../hosts/node-plugs.ts'
import type { Command } from './command.ts'

export const schema: Command = {
  usage: '> routes.schema.json',
  help: 'The first line of routes.yaml points editors at it:\n# yaml-language-server: $schema=./routes.schema.json',
  async run() {
    process.stdout.write(`${JSON.stringify(routesSchema(sourceTypes, sinkTypes), null, 2)}\n`)
    return 0
  },
}
