import { isDeepStrictEqual } from 'node:util'
import { isLack } from '../../config/check/sentences.ts'
import { messageOf } from '../../core/errors.ts'
import { type Event, isObject, type Json, type JsonObject } from '../../core/event.ts'
import { type ExplainedRoute, type Explanation, explainEvent } from '../../core/explanation.ts'
import type { Routing } from '../../core/plan.ts'
import { isCallback, readPasted } from '../../feishu/pasted.ts'
import { differingSinks, type SourceSinks } from '../by-source.ts'
import type { RouteTest } from './read.ts'

export interface TestResult {
  readonly test: RouteTest
  readonly passed: boolean
  /** The event's. */
  readonly type: string
  readonly outcome: Outcome
  /** Why it is quarantined. */
  readonly problems: readonly string[]
  /** Where it goes. */
  readonly sinks: readonly string[]
  readonly missing: readonly WrongSink[]
  readonly extra: readonly WrongSink[]
  /** Those that are not as expected, or cannot be made. */
  readonly bodies: readonly WrongBody[]
  /** Where the test does not say its source, and it hangs on that where the event goes. */
  readonly bySource: readonly SourceSinks[]
  /** What is probably not meant. */
  readonly warnings: readonly string[]
}

/** What becomes of the event; `ignored`: no source accepts its type. */
export type Outcome = 'accepted' | 'quarantined' | 'ignored'

/** A sink that is expected and not sent the event, or the other way round; and each route that it hangs on. */
export interface WrongSink {
  readonly sink: string
  readonly routes: readonly WrongRoute[]
}

export interface WrongRoute {
  readonly name: string
  /** `routes.yaml:31`, where that is known. */
  readonly place: string | null
  /** The first condition that failed; null of one that matches. */
  readonly why: string | null
}

export interface WrongBody {
  readonly sink: string
  /** Undefined where the test says nothing of it. */
  readonly expected: Json | undefined
  /** Parsed where it is JSON; undefined where there is none. */
  readonly sent: Json | undefined
  /** Why there is none. */
  readonly problem: string | null
}

/** What a test is run against. */
export interface Standards {
  readonly routing: Routing
  /** The sources that accept events of a type. */
  accepting(type: string): readonly string[]
  /** What is probably not meant in an event, of a type, that somebody has written. */
  warningsOf(type: string, given: JsonObject): readonly string[]
}

/** What an event of a test has where the test does not say, so that bodies can be compared. */
const UNSAID = { id: 'test', now: Date.UTC(2026, 0, 1) }

export async function runTest(
  test: RouteTest,
  { routing, accepting, warningsOf }: Standards,
): Promise<TestResult> {
  const { event, problems } = readEvent(test, routing)
  const { type } = event
  const sources = accepting(type).filter((name) => test.source === '' || name === test.source)
  const explained = explainEvent(routing, event, problems)
  const outcome = outcomeOf(event, sources, problems)
  const sinks = outcome === 'accepted' ? explained.sinks : []
  const expected = test.expect === 'quarantined' ? [] : test.expect
  const isAsExpected = test.expect === 'quarantined' ? outcome === 'quarantined' : true
  const routes = placedRoutes(explained, routing)
  const missing = expected.filter((sink) => !sinks.includes(sink)).map(wrongSink(routes, false))
  const extra = sinks.filter((sink) => !expected.includes(sink)).map(wrongSink(routes, true))
  const compared = expected.filter((sink) => sinks.includes(sink))
  const bodies = await wrongBodies(compared, test, { ...event, via: sources[0] ?? '' }, routing)
  const bySource = sinks.length === 0 ? [] : differingSinks(routing, event, sources)
  const wrong = [...missing, ...extra, ...bodies, ...bySource]
  const passed = isAsExpected && wrong.length === 0
  const warnings = isCallback(test.given) ? [] : warningsOf(type, event.data)
  const found = { missing, extra, bodies, bySource, warnings }
  return { test, passed, type, outcome, problems, sinks, ...found }
}

/** An `event` object need not be whole: what a real one always has may be left out. */
function readEvent({ given, type, source }: RouteTest, routing: Routing) {
  const read = readPasted(given, { ...UNSAID, type })
  const event: Event = { ...read.event, via: source }
  const wrong = routing.check(event)
  const isWhole = isCallback(given)
  const problems = [...read.problems, ...wrong.filter((problem) => isWhole || !isLack(problem))]
  return { event, problems }
}

function outcomeOf(
  { type }: Event,
  sources: readonly string[],
  problems: readonly string[],
): Outcome {
  if (type !== '' && sources.length === 0) return 'ignored'
  return problems.length > 0 ? 'quarantined' : 'accepted'
}

type PlacedRoute = ExplainedRoute & WrongRoute

function placedRoutes({ routes }: Explanation, { written }: Routing): readonly PlacedRoute[] {
  return routes.map((route, index) => {
    const { file, line } = written[index] ?? {}
    return { ...route, place: file === undefined ? null : `${file}:${line}` }
  })
}

/** With the routes to it that match, or that do not. */
function wrongSink(routes: readonly PlacedRoute[], matches: boolean): (sink: string) => WrongSink {
  return (sink) => {
    const those = routes.filter((route) => route.matches === matches && route.to.includes(sink))
    return { sink, routes: those.map(({ name, place, why }) => ({ name, place, why })) }
  }
}

async function wrongBodies(
  sinks: readonly string[],
  { bodies }: RouteTest,
  event: Event,
  routing: Routing,
): Promise<readonly WrongBody[]> {
  const compared = sinks.map(async (sink): Promise<WrongBody[]> => {
    const expected = Object.hasOwn(bodies, sink) ? bodies[sink] : undefined
    const { sent, problem } = await bodyFor(sink, event, routing)
    if (problem !== null) return [{ sink, expected, sent, problem }]
    if (expected === undefined) return []
    if (sent === undefined) return [{ sink, expected, sent, problem: UNTOLD }]
    const named = namedMembers(sent, expected)
    return isDeepStrictEqual(named, expected) ? [] : [{ sink, expected, sent: named, problem }]
  })
  return (await Promise.all(compared)).flat()
}

async function bodyFor(sink: string, event: Event, routing: Routing) {
  try {
    const body = await routing.preview(sink, event)
    return { sent: body === undefined ? undefined : parsed(body), problem: null }
  } catch (error) {
    const problem = `it cannot be made, which makes a dead letter: ${messageOf(error)}`
    return { sent: undefined, problem }
  }
}

const UNTOLD = 'a sink of its type cannot tell it beforehand'

/** Of a CloudEvent only what is expected of it by name: a test need not say all the attributes of its envelope. */
function namedMembers(sent: Json, expected: Json): Json {
  const isEnvelope = isObject(sent) && typeof sent.specversion === 'string'
  if (!isEnvelope || !isObject(expected) || Object.keys(expected).length === 0) return sent
  return Object.fromEntries(
    Object.entries(sent).filter(([member]) => Object.hasOwn(expected, member)),
  )
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
