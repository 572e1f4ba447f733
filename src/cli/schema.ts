import { type Command, configFile, configOption, flag } from './command.ts'

export const schema: Command = {
  usage: '[--test] [--config FILE] > routes.schema.json',
  help: `--test          that of routes.test.yaml
--config FILE   another file than ./routes.yaml: the plugins beside it are described, too

The first line of routes.yaml points editors at it, and that of a file in routes.d:
# yaml-language-server: $schema=./routes.schema.json
# yaml-language-server: $schema=../routes.schema.json`,
  options: { ...configOption, test: { type: 'boolean' } },
  async run(args) {
    const shown = flag(args, 'test') ? await ofTests() : await ofRoutes(configFile(args))
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
    return 0
  },
}

async function ofTests() {
  const { testsSchema } = await import('./test/schema.ts')
  return testsSchema()
}

async function ofRoutes(file: string) {
  const { schemaBeside } = await import('./schema/beside.ts')
  return schemaBeside(file)
}
