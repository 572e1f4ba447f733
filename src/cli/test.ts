import { styleText } from 'node:util'
import { eventSchemas } from '../feishu/event-schemas.ts'
import { type ConfigFile, readConfigFile, routingOf } from '../hosts/node-config.ts'
import { acceptingSources } from './by-source.ts'
import { type Command, configHelp, configOption, fileAndEnv, flag } from './command.ts'
import { jsonLine } from './data/terminal-text.ts'
import { testFiles } from './test/files.ts'
import { misspeltFields } from './test/misspelt.ts'
import { readTests } from './test/read.ts'
import { type Paint, resultJson, resultLines, summaryLine } from './test/report.ts'
import { runTest, type Standards, type TestResult } from './test/run.ts'

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
  async run(args) {
    const { file: name, env } = fileAndEnv(args)
    const [given] = args.positionals
    const file = await readConfigFile({ file: name, env, mayLack: 'unrouted' })
    const { sources, sinks } = file.config
    const named = { sinks: namesOf(sinks), sources: namesOf(sources) }
    const tests = readTests(given === undefined ? testFiles(name) : [given], named)
    const standards = standardsOf(file)
    const results: TestResult[] = []
    for (const one of tests) results.push(await runTest(one, standards))
    print(results, flag(args, 'json') ?? false)
    return results.every(({ passed }) => passed) ? 0 : 1
  },
}

function namesOf(entries: readonly { readonly name: string }[]): readonly string[] {
  return entries.map(({ name }) => name)
}

function standardsOf(file: ConfigFile): Standards {
  const { sources, schemas } = file.config
  return {
    routing: routingOf(file),
    accepting: (type) => acceptingSources(sources, type),
    warningsOf: misspeltFields({ ...eventSchemas, ...schemas }),
  }
}

/** Colours on a terminal only, and where NO_COLOR does not forbid them. */
const paint: Paint = (colour, text) => styleText(colour, text, { stream: process.stdout })

function print(results: readonly TestResult[], isJson: boolean): void {
  const lines = isJson
    ? results.map((result) => jsonLine(JSON.stringify(resultJson(result))))
    : [...results.flatMap((result) => resultLines(result, paint)), '', summaryLine(results)]
  process.stdout.write(`${lines.join('\n')}\n`)
}
