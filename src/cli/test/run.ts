import { styleText } from 'node:util'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import { type ConfigFile, readConfigFile, routingOf } from '../../hosts/node-config.ts'
import { acceptingSources } from '../by-source.ts'
import { type Arguments, fileAndEnv, flag } from '../command.ts'
import { jsonLine } from '../data/terminal-text.ts'
import { testFiles } from './files.ts'
import { misspeltFields } from './misspelt.ts'
import { readTests } from './read.ts'
import { type Paint, resultJson, resultLines, summaryLine } from './report.ts'
import { runTest, type Standards, type TestResult } from './run-test.ts'

/** Runs the tests of the files that the arguments name. Resolves to the exit code. */
export async function runTests(args: Arguments): Promise<number> {
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
