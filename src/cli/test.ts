import { type Command, configHelp, configOption } from './command.ts'

export const test: Command = {
  usage: '[FILE] [--config FILE] [--json]',
  help: `${configHelp}
--json          print one JSON object a test

Runs the tests in FILE; without it, those in routes.test.yaml beside routes.yaml (of another --config FILE, in
FILE.test.yaml) and in routes.d/*.test.yaml. Of the variables in routes.yaml only those that routes depend on
must be set. Nothing is opened or sent.

Exit code 0 when all pass, 1 when one fails, 2 when a file has problems.`,
  positionals: 1,
  options: { ...configOption, json: { type: 'boolean' } },
  run: async (args) => (await import('./test/run.ts')).runTests(args),
}
