import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beneath, type Finding, type Path, withoutEffects } from '../../config/check/finding.ts'
import { shapeOf } from '../../config/check/shape.ts'
import { createHints } from '../../config/check/suggest.ts'
import { formatProblems } from '../../config/problems.ts'
import { type Document, readDocument } from '../../config/text/document.ts'
import { locate } from '../../config/text/report.ts'
import { ConfigError, messageOf, type Problem } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { ConfigFileError } from '../../hosts/config-file-error.ts'
import { USUAL_TYPE } from '../sample-event.ts'
import { testFileSchema, type WrittenTests } from './schema.ts'

export interface RouteTest {
  readonly name: string
  readonly file: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** A callback, or an `event` object. */
  readonly given: JsonObject
  readonly type: string
  /** Empty for any that accepts its type. */
  readonly source: string
  readonly expect: readonly string[] | 'quarantined'
  /** By sink. */
  readonly bodies: Readonly<Record<string, Json>>
}

/** What tests may name. */
export interface Named {
  readonly sinks: readonly string[]
  readonly sources: readonly string[]
}

/** The tests of all files. Throws ConfigFileError with every problem of them at once. */
export function readTests(files: readonly string[], named: Named): readonly RouteTest[] {
  const read = files.map((file) => readFile(file, named))
  const wrong = read.filter(({ problems }) => problems.length > 0)
  if (wrong.length === 0) return read.flatMap(({ tests }) => tests)
  const problems = new ConfigError(wrong.flatMap((one) => one.problems))
  throw new ConfigFileError(problems, wrong.map(({ report }) => report).join('\n\n'))
}

interface ReadFile {
  readonly tests: readonly RouteTest[]
  readonly problems: readonly Problem[]
  /** The problems as people read them. */
  readonly report: string
}

function readFile(file: string, named: Named): ReadFile {
  try {
    const text = readText(file)
    const document = readDocument(text)
    const shape = shapeOf(testFileSchema).check(document.value)
    const written = testsIn(document.value)
    const tests = written.map((test, index) => readTest(test, index, file, document))
    const meaning = [
      ...tests.flatMap(({ findings }) => findings),
      ...beneath(['tests'], namesIn(written, named)),
    ]
    const findings = [...document.findings, ...shape, ...withoutEffects(meaning, shape)]
    const problems = locate(findings, document, { hiddenText: text, words: [] })
    return { tests: tests.map(({ test }) => test), ...wrongIn(file, text, problems) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { tests: [], ...wrongIn(file, '', error.problems) }
  }
}

function wrongIn(file: string, text: string, problems: readonly Problem[]) {
  return { problems, report: formatProblems([{ name: file, text }], problems, text) }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError([{ path: '', message: `cannot be read: ${messageOf(error)}` }])
  }
}

/** One test, as far as it is of the right kinds: what is not is said by the file's shape. */
type Written = Partial<WrittenTests['tests'][number]>

function testsIn(value: Json): readonly Written[] {
  const tests = isObject(value) && Array.isArray(value.tests) ? value.tests : []
  return tests.map((test) => (isObject(test) ? rightKinds(test) : {}))
}

function rightKinds({ name, given, type, source, expect, bodies }: JsonObject): Written {
  return {
    ...(isText(name) && { name }),
    ...((isText(given) || isObject(given)) && { given }),
    ...(isText(type) && { type }),
    ...(isText(source) && { source }),
    ...(expect === 'quarantined' && { expect }),
    ...(Array.isArray(expect) && expect.every(isText) && { expect }),
    ...(isObject(bodies) && { bodies }),
  }
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

function readTest(written: Written, index: number, file: string, document: Document) {
  const path = ['tests', String(index)]
  const { name = '', type = USUAL_TYPE, source = '', expect = [], bodies = {} } = written
  const place = document.positionAt(document.placeOf(path)?.from ?? 0)
  const { given, findings } = readGiven(written.given ?? {}, file, [...path, 'given'])
  const test: RouteTest = { name, file, ...place, given, type, source, expect, bodies }
  return { test, findings }
}

function readGiven(given: NonNullable<Written['given']>, file: string, path: Path) {
  if (typeof given !== 'string') return checkGiven(given, path)
  try {
    const value: unknown = JSON.parse(readFileSync(join(dirname(file), given), 'utf8'))
    return checkGiven(value, path)
  } catch (error) {
    const message = `must be a JSON file beside this one: ${messageOf(error)}`
    return { given: {}, findings: [{ path, message }] }
  }
}

function checkGiven(value: unknown, path: Path): { given: JsonObject; findings: Finding[] } {
  const problem = (message: string) => ({ given: {}, findings: [{ path, message }] })
  if (!isObject(value)) return problem('must hold an object: a callback, or its `event` object')
  if (typeof value.encrypt === 'string') return problem('is encrypted: decrypt it first')
  return { given: value, findings: [] }
}

/** Sinks and sources that are not in routes.yaml, and tests of one name. Paths begin with an index. */
function namesIn(tests: readonly Written[], named: Named): Finding[] {
  const noSink = unknownName('sink', named.sinks)
  const noSource = unknownName('source', named.sources)
  const names = new Set<string>()
  return tests.flatMap(({ name, source, expect, bodies = {} }, index) => {
    const isTaken = name !== undefined && names.has(name)
    if (name !== undefined) names.add(name)
    const sinks = expect === 'quarantined' || expect === undefined ? [] : expect
    const findings = [
      ...(isTaken ? [{ path: ['name'], message: 'is the name of an earlier test too' }] : []),
      ...(source === undefined ? [] : noSource(source, ['source'])),
      ...sinks.flatMap((sink, at) => noSink(sink, ['expect', String(at)])),
      ...Object.keys(bodies).flatMap((sink) => bodyName(sink, expect && sinks, noSink)),
    ]
    return beneath([String(index)], findings)
  })
}

type NameCheck = (name: string, path: Path) => Finding[]

function unknownName(kind: string, known: readonly string[]): NameCheck {
  const hint = createHints(known)
  return (name, path) => {
    if (known.includes(name)) return []
    return [{ path, message: `no ${kind} is called ${JSON.stringify(name)}${hint(name)}` }]
  }
}

/** Nothing is expected of a test that does not say it. */
function bodyName(
  sink: string,
  expected: readonly string[] | undefined,
  noSink: NameCheck,
): Finding[] {
  const path = ['bodies', sink]
  const unknown = noSink(sink, path)
  if (unknown.length > 0) return unknown.map((finding) => ({ ...finding, onKey: true }))
  return expected === undefined || expected.includes(sink)
    ? []
    : [{ path, message: 'is not in expect', onKey: true }]
}
