import { ConfigError, type Problem } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import { checkRules } from '../core/filter/pattern.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import { approvalsOf } from './check/approvals.ts'
import { type CompiledCheck, findWith, validateWith } from './check/compiled.ts'
import { beneath, type Finding, type Path, pathKey, withoutEffects } from './check/finding.ts'
import { type BundledEntry, restoreSinks, restoreSources } from './check/restored.ts'
import type { Config, RouteConfig, SinkConfig, SourceConfig } from './config.ts'
import type { LinkContext } from './link.ts'
import type { Position, WrittenPlace } from './text/document.ts'
import { findingsWithin } from './text/dotted.ts'
import { type ExpandedTree, expandTree, type Word } from './text/expand.ts'
import { type Part, placeText, shownPath } from './text/parts.ts'
import { concealing, firstOf } from './text/report.ts'
import { wordsIn } from './text/words.ts'

/**
 * routes.yaml as plain JSON, for a host that gets to know the values of its references (`${VAR}`) only when it starts.
 * What they have no part in is checked. Entries and `match` are as written: without those values, and without defaults.
 */
export interface BundledConfig
  extends Pick<Config, 'routes' | 'retention' | 'egress' | 'alerts' | 'redact'> {
  /** The files that it was made of. */
  readonly parts: readonly Part[]
  readonly sources: readonly BundledEntry<SourceConfig>[]
  readonly sinks: readonly BundledEntry<SinkConfig>[]
  /** Where what may be wrong then is in the file, and which of it must not be shown. */
  readonly places: readonly BundledPlace[]
}

export interface BundledPlace extends WrittenPlace {
  readonly at: Position
  /** Where its key is, where it has one. */
  readonly keyAt?: Position
  readonly isSecret: boolean
}

/** Compiled ahead: checks of entries, which they give their defaults, and of events' data; each by its type. */
export interface BundledChecks {
  readonly sources: Readonly<Record<string, CompiledCheck>>
  readonly sinks: Readonly<Record<string, CompiledCheck>>
  readonly events: Readonly<Record<string, CompiledCheck>>
}

interface BundledFile {
  readonly config: BundledConfig
  readonly sourceTypes: readonly SourceType[]
  readonly sinkTypes: readonly SinkType[]
  readonly checks: BundledChecks
}

/** What is wrong with an event's data, by the bundled check of its type. */
export function validateBundled({ events }: BundledChecks): LinkContext['validate'] {
  const byType = new Map(Object.entries(events).map(([type, check]) => [type, findWith(check)]))
  return validateWith((type) => byType.get(type))
}

/**
 * The file with the values of its references, as `loadConfig` would have read it. Throws ConfigError with every problem
 * that could not be seen before.
 */
export async function restoreConfig(
  { config, sourceTypes, sinkTypes, checks }: BundledFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const { egress, retention, alerts, redact } = config
  const expanded = expandTree(writtenIn(config), surroundings(env))
  const all = isObject(expanded.value) ? expanded.value : {}
  const ofSources = { checks: checks.sources, types: sourceTypes, egress }
  const sources = await restoreSources(config.sources, all.sources, ofSources)
  const ofSinks = { checks: checks.sinks, types: sinkTypes, egress }
  const sinks = await restoreSinks(config.sinks, all.sinks, ofSinks)
  const routes = restoreRoutes(config.routes, all.routes)
  const wrong = [
    ...beneath(['sources'], sources.findings),
    ...beneath(['sinks'], sinks.findings),
    ...beneath(['routes'], checkPatterns(routes, expanded)),
  ]
  const findings = [...expanded.findings, ...withoutEffects(wrong, expanded.findings)]
  const words = wordsOf(config, expanded)
  if (findings.length > 0) throw new ConfigError(problemsOf(findings, config, words))
  const placeOf = placesIn(config)
  const approvals = approvalsOf(routes, sources.configs, (path) => {
    const place = placeText(placeOf(path)?.at ?? START)
    return `${place}  ${shownPath(path, config.parts).join('.')}`
  })
  return {
    ...{
      sources: sources.configs,
      sinks: sinks.configs,
      routes,
      retention,
      egress,
      alerts,
      redact,
      approvals,
    },
    // They are compiled already.
    ...{ schemas: {}, warnings: [], words, hiddenText: '' },
  }
}

function surroundings(env: Readonly<Record<string, string | undefined>>) {
  return {
    env,
    readFile: (): never => {
      throw new Error('there are no files here')
    },
    whereToSet: 'among the secrets of this worker',
  }
}

/** Whatever may hold references, where the file has it. */
function writtenIn({ sources, sinks, routes }: BundledConfig): JsonObject {
  const byName = (entries: BundledConfig['sources'] | BundledConfig['sinks']) =>
    Object.fromEntries(entries.map(({ name, written }) => [name, written]))
  return {
    sources: byName(sources),
    sinks: byName(sinks),
    routes: routes.map(({ match }) => (match === undefined ? {} : { match })),
  }
}

function restoreRoutes(
  routes: BundledConfig['routes'],
  expanded: Json | undefined,
): readonly RouteConfig[] {
  const list = Array.isArray(expanded) ? expanded : []
  return routes.map((route, index) => {
    const { match } = isObject(list[index]) ? list[index] : {}
    return { ...route, match: isObject(match) ? match : undefined }
  })
}

/** Of the patterns that hold references: the others have been checked. Paths begin with a route's index. */
function checkPatterns(routes: readonly RouteConfig[], { words }: ExpandedTree): Finding[] {
  const indices = words.flatMap(({ path: [section, index = ''] }) =>
    section === 'routes' ? [index] : [],
  )
  return [...new Set(indices)].flatMap((index) => {
    const { match = {} } = routes[Number(index)] ?? {}
    try {
      checkRules(match)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return beneath([index, 'match'], findingsWithin(match, error.problems))
    }
  })
}

function wordsOf({ places }: BundledConfig, { value, words }: ExpandedTree): readonly Word[] {
  const secrets = places.filter(({ isSecret }) => isSecret)
  return [...words, ...wordsIn({ places }, secrets, value)]
}

function problemsOf(
  findings: readonly Finding[],
  config: BundledConfig,
  words: readonly Word[],
): readonly Problem[] {
  const conceal = concealing(words)
  const placeOf = placesIn(config)
  const placed = findings.map(({ path, message, onKey = false, isFixed = false }) => {
    const place = placeOf(path)
    const isThere = place?.path.length === path.length && !onKey
    const at = (isThere ? place.at : (place?.keyAt ?? place?.at)) ?? START
    return { path, message: isFixed ? message : conceal(message, path), at }
  })
  const names = config.parts.map(({ name }) => name)
  const rank = ({ file = '' }: Position) => names.indexOf(file)
  const sorted = placed.toSorted(
    ({ at: a }, { at: b }) => rank(a) - rank(b) || a.line - b.line || a.column - b.column,
  )
  return firstOf(sorted, ({ path, message, at }) => {
    const shown = shownPath(path, config.parts).join('.')
    return { path: shown, message, ...at }
  })
}

const START: Position = { line: 1, column: 1 }

/** The place of what a path leads to, or of the nearest around it. */
function placesIn({ places }: BundledConfig): (path: Path) => BundledPlace | undefined {
  const byPath = new Map(places.map((place) => [pathKey(place.path), place]))
  const placeOf = (path: Path): BundledPlace | undefined =>
    byPath.get(pathKey(path)) ?? (path.length > 0 ? placeOf(path.slice(0, -1)) : undefined)
  return placeOf
}
