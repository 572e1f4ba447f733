import { type Event, isObject, matchView } from '../core/event.ts'
import { compileExplanation } from '../core/filter/compile.ts'
import { createPatternIndex } from '../core/filter/route-index.ts'
import { isOwn } from '../core/own-events.ts'
import type { RouteAnswer, Routing, WrittenRoute } from '../core/plan.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import { english, type ReasonWords } from '../core/reason-words.ts'
import { type Path, pathKey } from './check/finding.ts'
import type { Config, RouteConfig, SinkConfig, SourceConfig } from './config.ts'
import { mapTexts, type Word } from './text/expand.ts'
import { concealAll } from './text/report.ts'

export interface RoutingContext {
  sourceType(type: string): SourceType | undefined
  /** Where a plugin has to be loaded first, a promise. */
  sinkType(type: string): SinkType | undefined | Promise<SinkType | undefined>
  /** What is wrong with an event's data by its type's schema. */
  validate(type: string, data: Event['data']): readonly string[]
}

/** What routes.yaml says of events, with nothing opened. */
export function createRouting(
  { sources, sinks, routes, words }: Pick<Config, 'sources' | 'sinks' | 'routes' | 'words'>,
  { validate, sourceType, sinkType }: RoutingContext,
): Routing {
  const enabled = routes.filter((route) => route.enabled)
  const types = new Map(sources.map(({ name, type }) => [name, sourceType(type)]))
  const check = ({ type, data }: Event) => validate(type, data)
  const wordsOf = wordsByRoute(words)
  return {
    routes: enabled.map(({ name }) => name),
    sinks: new Map(sinks.map((sink) => [sink.name, sink])),
    route: createRouter(enabled),
    written: routes.map((route, index) => writtenRoute(route, index, wordsOf(index))),
    writtenSinks: new Map(sinks.flatMap(({ name, shown }) => (shown ? [[name, shown]] : []))),
    explain: createExplainer(routes, sources, wordsOf),
    preview: createPreview(sinks, sinkType),
    check,
    checkAgain(event) {
      const type = types.get(event.via)
      if (!type) return [`${event.via} is no source in routes.yaml any more`]
      return [...(type.checkAgain?.(event.raw) ?? []), ...check(event)]
    },
  }
}

/** Which sinks an event is owed to: each once, however many routes name it. */
function createRouter(routes: readonly RouteConfig[]): Routing['route'] {
  const matching = createPatternIndex(routes.map((route) => route.match))
  return (event, only) => {
    const names = new Set<string>()
    if (isOwn(event)) return []
    for (const index of matching(matchView(event))) {
      const route = routes[index]
      if (!route || (route.from && !route.from.includes(event.via))) continue
      if (only !== undefined && route.name !== only) continue
      for (const name of route.to) names.add(name)
    }
    return [...names]
  }
}

type Explanation = ReturnType<typeof compileExplanation>

/** Patterns are compiled when something is explained for the first time: most plans live without. */
function createExplainer(
  routes: readonly RouteConfig[],
  sources: readonly SourceConfig[],
  wordsOf: (index: number) => readonly Word[],
): Routing['explain'] {
  let compiled: readonly Explanation[] | undefined
  return (event, shown = event, say = english): RouteAnswer[] => {
    compiled ??= routes.map(({ match }) => (match ? compileExplanation(match) : () => undefined))
    const explanations = compiled
    const [view, shownView] = [matchView(event), matchView(shown)]
    const bringing = event.via === '' ? sourcesOf(event.type, sources) : [event.via]
    return routes.map((route, index) => {
      const why =
        notTaking(route, event, bringing, say) ?? explanations[index]?.(view, shownView, say)
      const { name, to } = route
      return { route: name, to, why: why && concealAll(why, wordsOf(index)) }
    })
  }
}

/** Names of the sources that accept events of this type; any may bring one without a type, which is quarantined. */
function sourcesOf(type: string, sources: readonly SourceConfig[]): readonly string[] {
  const accepting = sources.filter(
    ({ events }) => type === '' || events === '*' || events.includes(type),
  )
  return accepting.map(({ name }) => name)
}

/** Why a route would not even look at an event that one of these sources brings. */
function notTaking(
  { enabled, from }: RouteConfig,
  event: Event,
  bringing: readonly string[],
  say: ReasonWords,
): string | undefined {
  if (!enabled) return say.disabled
  if (isOwn(event)) return say.ownEvent
  if (bringing.length === 0) return say.noSource(JSON.stringify(event.type))
  if (!from || from.some((name) => bringing.includes(name))) return undefined
  return say.onlyFrom(from.join(', '))
}

function writtenRoute(route: RouteConfig, index: number, words: readonly Word[]): WrittenRoute {
  const { name, from, match, to, enabled, place } = route
  // The whole of a text is named before its parts.
  const shown = new Map(words.toReversed().map((word) => [pathKey(word.path), word.shown]))
  const show = (text: string, path: Path) =>
    shown.get(pathKey(['routes', String(index), ...path])) ?? text
  const showAll = (names: readonly string[], key: string) =>
    names.map((text, at) => show(text, [key, String(at)]))
  const hides = match !== undefined && words.length > 0
  const shownMatch = hides ? mapTexts(match, (text, path) => show(text, ['match', ...path])) : match
  return {
    name: show(name, ['name']),
    ...(from && { from: showAll(from, 'from') }),
    ...(isObject(shownMatch) && { match: shownMatch }),
    to: showAll(to, 'to'),
    enabled,
    ...place,
  }
}

/** What may not be shown of each route. */
function wordsByRoute(words: readonly Word[]): (index: number) => readonly Word[] {
  const ofRoutes = words.filter(({ path }) => path[0] === 'routes')
  const byRoute = Map.groupBy(ofRoutes, ({ path }) => path[1])
  return (index) => byRoute.get(String(index)) ?? []
}

function createPreview(
  sinks: readonly SinkConfig[],
  sinkType: RoutingContext['sinkType'],
): Routing['preview'] {
  const byName = new Map(sinks.map((sink) => [sink.name, sink]))
  return async (name, event) => {
    const sink = byName.get(name)
    const type = sink && (await sinkType(sink.type))
    return sink && type?.preview?.(event, sink.options)
  }
}
