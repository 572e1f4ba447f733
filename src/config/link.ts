import { ConfigError, messageOf, type Problem } from '../core/errors.ts'
import { type Event, matchView } from '../core/event.ts'
import { createPatternIndex } from '../core/filter/route-index.ts'
import type { LiveSink, LiveSource, Plan, Routing } from '../core/plan.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import type { Runtime } from '../core/runtime.ts'
import { within } from '../core/within.ts'
import type { Config, RouteConfig, SinkConfig, SourceConfig } from './config.ts'
import { concealAll } from './text/report.ts'

export interface LinkContext {
  sourceType(type: string): SourceType | undefined
  sinkType(type: string): SinkType | undefined
  /** What is wrong with an event's data by its type's schema. */
  validate(type: string, data: Event['data']): readonly string[]
  readonly runtime: Runtime
}

/**
 * Plain data to a live plan. All sinks are open before it resolves; sinks that `previous` has with the same options
 * are taken over as they are. Throws ConfigError when one cannot be opened, having closed those that it opened.
 */
export async function link(config: Config, context: LinkContext, previous?: Plan): Promise<Plan> {
  const opened = await Promise.allSettled([
    ...config.sources.map((source) => openSource(source, context)),
    ...config.sinks.map((sink) =>
      openSink(sink, { ...context, words: config.words }, previous?.sinks.get(sink.name)),
    ),
  ])
  const problems = opened.flatMap((result) =>
    result.status === 'rejected' ? [result.reason].flat() : [],
  )
  const lives = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const sinks = lives.filter((live) => 'sink' in live)
  if (problems.length > 0) {
    await closeNew(sinks, previous)
    throw new ConfigError(problems)
  }
  return {
    ...createRouting(config, context),
    sources: lives.filter((live) => 'source' in live),
    sinks: new Map(sinks.map((live) => [live.name, live])),
    retention: config.retention,
  }
}

/** What routes.yaml says of events, with nothing opened. */
export function createRouting(
  { sources, sinks, routes }: Pick<Config, 'sources' | 'sinks' | 'routes'>,
  { validate, sourceType }: Pick<LinkContext, 'validate' | 'sourceType'>,
): Routing {
  const enabled = routes.filter((route) => route.enabled)
  const types = new Map(sources.map(({ name, type }) => [name, sourceType(type)]))
  const check = ({ type, data }: Event) => validate(type, data)
  return {
    routes: enabled.map(({ name }) => name),
    sinks: new Map(sinks.map((sink) => [sink.name, sink])),
    route: createRouter(enabled),
    check,
    checkAgain(event) {
      const type = types.get(event.via)
      if (!type) return [`${event.via} is no source in routes.yaml any more`]
      return [...(type.checkAgain?.(event.raw) ?? []), ...check(event)]
    },
  }
}

async function openSource(config: SourceConfig, context: LinkContext): Promise<LiveSource> {
  const { name, path, events } = config
  const type = context.sourceType(config.type)
  const source = await open(`sources.${name}`, () => type?.open(config.options, context.runtime))
  const accepted = events === '*' ? undefined : new Set(events)
  return { name, path, source, accepts: (eventType) => accepted?.has(eventType) ?? true }
}

async function openSink(
  config: SinkConfig,
  context: LinkContext & Pick<Config, 'words'>,
  previous: LiveSink | undefined,
): Promise<LiveSink> {
  const { name, type: typeName, settings, fingerprint, options } = config
  if (previous?.fingerprint === fingerprint) return previous
  const type = context.sinkType(typeName)
  const sink = await open(`sinks.${name}`, async (signal) => {
    const opened = await type?.open(options, context.runtime)
    if (signal.aborted) await opened?.close?.() // Too late: nobody else would.
    return opened
  })
  if (typeof sink.deliver !== 'function') throw notASink(name)
  const words = context.words.filter(({ path }) => path[0] === 'sinks' && path[1] === name)
  const conceal = (text: string) => concealAll(text, words)
  return { name, type: typeName, settings, fingerprint, sink, conceal }
}

function notASink(name: string): Problem {
  return { path: `sinks.${name}`, message: 'cannot be opened: its open must return { deliver }' }
}

/** A plugin that never opens must not keep the file from being reloaded. */
const OPEN_MS = 5_000
const tooLate = () => new Error(`not within ${OPEN_MS / 1000} s`)

/** Rejects with the Problem, or a list of them, that routes.yaml's author shall read. */
async function open<Live>(
  path: string,
  opening: (signal: AbortSignal) => Live | undefined | Promise<Live | undefined>,
): Promise<Live> {
  let reason = 'its type is unknown'
  try {
    const live = await within(OPEN_MS, async (signal) => opening(signal), tooLate)
    if (live !== undefined) return live
  } catch (error) {
    if (error instanceof ConfigError) throw error.problems.map((problem) => beneath(path, problem))
    reason = messageOf(error)
  }
  const problem: Problem = { path, message: `cannot be opened: ${reason}` }
  throw problem
}

/** A plug's own problem, whose path is relative to its options. */
function beneath(base: string, { path, message }: Problem): Problem {
  return { path: path === '' ? base : `${base}.${path}`, message }
}

async function closeNew(sinks: readonly LiveSink[], previous: Plan | undefined): Promise<void> {
  const isNew = ({ name, sink }: LiveSink) => previous?.sinks.get(name)?.sink !== sink
  const close = ({ sink }: LiveSink) => within(OPEN_MS, async () => sink.close?.(), tooLate)
  const closings = sinks.filter(isNew).map(close)
  await Promise.allSettled(closings)
}

/** Which sinks an event is owed to: each once, however many routes name it. */
function createRouter(routes: readonly RouteConfig[]): Routing['route'] {
  const matching = createPatternIndex(routes.map((route) => route.match))
  return (event, only) => {
    const names = new Set<string>()
    for (const index of matching(matchView(event))) {
      const route = routes[index]
      if (!route || (route.from && !route.from.includes(event.via))) continue
      if (only !== undefined && route.name !== only) continue
      for (const name of route.to) names.add(name)
    }
    return [...names]
  }
}
