import { type Command, configOption } from './command.ts'

export const schema: Command = {
  usage: '[--test] [--config FILE] > routes.schema.json',
  help: `--test          that of routes.test.yaml
--config FILE   another file than ./routes.yaml: the plugins beside it are described, too

The first line of routes.yaml points editors at it, and that of a file in routes.d:
# yaml-language-server: $schema=./routes.schema.json
# yaml-language-server: $schema=../routes.schema.json`,
  options: { ...configOption, test: { type: 'boolean' } },
  run: async (args) => (await import('./schema/run.ts')).runSchema(args),
}
