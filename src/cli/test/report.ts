import { structuredPatch } from 'diff'
import { isObject, type Json } from '../../core/event.ts'
import { printable } from '../../core/printable.ts'
import { bySource as bySourceText } from '../by-source.ts'
import type { Outcome, TestResult, WrongBody, WrongRoute, WrongSink } from './run-test.ts'

type Colour = 'green' | 'red' | 'dim'
export type Paint = (colour: Colour, text: string) => string

const INDENT = '      '
/** Of the routes that send to one sink: more would hide what else there is. */
const MAX_ROUTES = 10

/** One test's result as lines for people. */
export function resultLines(result: TestResult, paint: Paint): readonly string[] {
  const { test, passed, outcome } = result
  const name = printable(test.name)
  if (passed) {
    const note = outcome === 'accepted' || test.expect === outcome ? '' : `  (${whatCame(result)})`
    return [`${paint('green', 'ok')}    ${name}${paint('dim', note)}`, ...warningLines(result)]
  }
  return [
    `${paint('red', 'FAIL')}  ${name}`,
    ...detailLines(result, paint).map((line) => INDENT + line),
    ...warningLines(result),
  ]
}

function warningLines({ warnings }: TestResult): string[] {
  return warnings.map((warning) => `${INDENT}warning: ${printable(warning)}`)
}

/** `2 passed, 1 failed`. */
export function summaryLine(results: readonly TestResult[]): string {
  const failed = results.filter(({ passed }) => !passed).length
  const passed = `${results.length - failed} passed`
  return failed === 0 ? passed : `${passed}, ${failed} failed`
}

/** One test's result for programs. */
export function resultJson({ test, ...result }: TestResult): object {
  const { name, file, line, column, expect } = test
  return { name, file, line, column, expect, ...result }
}

function detailLines(result: TestResult, paint: Paint): string[] {
  const { test, outcome, missing, extra, bodies, bySource } = result
  const { file, line, column, expect } = test
  return [
    `${file}:${line}:${column}`,
    `expected: ${expect === 'quarantined' ? 'quarantined' : namesOr(expect, 'nobody')}`,
    `came:     ${printable(whatCame(result))}`,
    ...(bySource.length === 0 ? [] : [printable(`say \`source\`: ${bySourceText(bySource)}`)]),
    ...missing.flatMap((one) => missingLines(one, outcome, paint)),
    ...extra.flatMap((one) => extraLines(one, paint)),
    ...bodies.flatMap((one) => bodyLines(one, paint)),
  ]
}

/** What became of the event: `finance, lake`, or `nobody: …`. */
function whatCame({ test, type, outcome, problems, sinks }: TestResult): string {
  if (outcome === 'quarantined') return `nobody: it is quarantined, ${problems.join('; ')}`
  if (outcome === 'accepted') return namesOr(sinks, 'nobody')
  const source = test.source === '' ? 'no source accepts' : `${test.source} does not accept`
  return `nobody: it is ignored, for ${source} events of type ${JSON.stringify(type)}`
}

function namesOr(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join(', ')
}

/** Of what is not even accepted, nothing more is to be said. */
function missingLines({ sink, routes }: WrongSink, outcome: Outcome, paint: Paint): string[] {
  if (outcome !== 'accepted') return []
  const said = routes.length === 0 ? 'no route sends to it' : 'no route to it matches'
  return [paint('red', `- ${sink}: ${said}`), ...routeLines(routes, paint)]
}

function extraLines({ sink, routes }: WrongSink, paint: Paint): string[] {
  const said = routes.length === 1 ? 'a route to it matches' : 'routes to it match'
  return [paint('green', `+ ${sink}: ${said}`), ...routeLines(routes, paint)]
}

function routeLines(routes: readonly WrongRoute[], paint: Paint): string[] {
  const lines = routes.slice(0, MAX_ROUTES).map(({ name, place, why }) => {
    const where = place === null ? '' : `${paint('dim', place)}  `
    return `    ${where}${printable(why === null ? name : `${name}: ${why}`)}`
  })
  const more = routes.length - lines.length
  return more > 0 ? [...lines, `    and ${more} more`] : lines
}

function bodyLines({ sink, expected, sent, problem }: WrongBody, paint: Paint): string[] {
  if (sent === undefined || expected === undefined) {
    return [printable(`body for ${sink}: ${problem}`)]
  }
  const { hunks } = structuredPatch('', '', pretty(expected), pretty(sent), '', '', { context: 3 })
  const lines = hunks.flatMap(({ lines }, index) => [...(index > 0 ? ['  …'] : []), ...lines])
  return [
    `body for ${sink} (- expected, + sent):`,
    ...lines.map((line) => `    ${painted(printable(line), paint)}`),
  ]
}

function painted(line: string, paint: Paint): string {
  if (line.startsWith('-')) return paint('red', line)
  return line.startsWith('+') ? paint('green', line) : line
}

/** Keys in order, so that only what differs is shown. */
function pretty(value: Json): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}
