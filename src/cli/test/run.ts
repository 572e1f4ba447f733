import { isDeepStrictEqual } from 'node:util'
import { isLack } from '../../config/check/sentences.ts'
import { messageOf } from '../../core/errors.ts'
import type { Event, Json } from '../../core/event.ts'
import { type ExplainedRoute, type Explanation, explainEvent } from '../../core/explanation.ts'
import type { Routing } from '../../core/plan.ts'
import { isCallback, readPasted } from '../../feishu/pasted.ts'
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
  /** Those that are not as expected. */
  readonly bodies: readonly WrongBody[]
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
  readonly expected: Json
  /** Parsed where it is JSON; undefined where there is none. */
  readonly sent: Json | undefined
  /** Why there is none. */
  readonly problem: string | null
}

/** Which source would bring the event of a test; undefined where none accepts it. */
export type Brings = (type: string, source: string) => string | undefined

/** What an event of a test has where the test does not say, so that bodies can be compared. */
const UNSAID = { id: 'test', now: Date.UTC(2026, 0, 1) }

export async function runTest(
  test: RouteTest,
  routing: Routing,
  brings: Brings,
): Promise<TestResult> {
  const { event, problems } = readEvent(test, routing)
  const via = brings(event.type, test.source)
  const explained = explainEvent(routing, event, problems)
  const outcome = outcomeOf(event, via, problems)
  const sinks = outcome === 'accepted' ? explained.sinks : []
  const expected = test.expect === 'quarantined' ? [] : test.expect
  const isAsExpected = test.expect === 'quarantined' ? outcome === 'quarantined' : true
  const routes = placedRoutes(explained, routing)
  const missing = expected.filter((sink) => !sinks.includes(sink)).map(wrongSink(routes, false))
  const extra = sinks.filter((sink) => !expected.includes(sink)).map(wrongSink(routes, true))
  const compared = Object.keys(test.bodies).filter((sink) => sinks.includes(sink))
  const bodies = await wrongBodies(compared, test, { ...event, via: via ?? '' }, routing)
  const passed = isAsExpected && missing.length + extra.length + bodies.length === 0
  return { test, passed, type: event.type, outcome, problems, sinks, missing, extra, bodies }
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

function outcomeOf({ type }: Event, via: string | undefined, problems: readonly string[]): Outcome {
  if (type !== '' && via === undefined) return 'ignored'
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
    const expected = bodies[sink] ?? null
    const { sent, problem } = await bodyFor(sink, event, routing)
    const isSame = sent !== undefined && isDeepStrictEqual(sent, expected)
    return isSame ? [] : [{ sink, expected, sent, problem }]
  })
  return (await Promise.all(compared)).flat()
}

async function bodyFor(sink: string, event: Event, routing: Routing) {
  try {
    const body = await routing.preview(sink, event)
    if (body !== undefined) return { sent: parsed(body), problem: null }
    return { sent: undefined, problem: 'a sink of its type cannot tell it beforehand' }
  } catch (error) {
    return { sent: undefined, problem: `it cannot be made: ${messageOf(error)}` }
  }
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
