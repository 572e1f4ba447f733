import { ConfigError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { compileFilter } from '../../core/filter/compile.ts'
import type { RouteConfig, SourceConfig } from '../config.ts'
import { findingsWithin } from '../text/dotted.ts'
import { beneath, type Finding, type Path } from './finding.ts'
import { checkMatch, type Events, type MatchFindings } from './match.ts'
import { type RouteOptions, routeSchema } from './options.ts'
import { shapeOf } from './shape.ts'
import { didYouMean } from './suggest.ts'

/** What routes may name. */
export interface Known {
  /** By source; "*" for one that is itself not in order. */
  readonly events: ReadonlyMap<string, SourceConfig['events']>
  readonly sinks: ReadonlySet<string>
  readonly eventSchemas: ReadonlyMap<string, JsonObject>
}

export interface CheckedRoutes {
  readonly configs: readonly RouteConfig[]
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Gives the routes their defaults. Paths of findings begin with a route's index. */
export function checkRoutes(routes: readonly Json[], known: Known): CheckedRoutes {
  const checked = routes.map((route) => checkRoute(route, known))
  const flat = (pick: (route: CheckedRoute) => readonly Finding[]) =>
    checked.flatMap((route, index) => beneath([String(index)], pick(route)))
  const configs = checked.map(({ config }) => config)
  return {
    configs: configs.filter((config) => config !== undefined),
    findings: [...flat(({ findings }) => findings), ...sameNames(configs)],
    warnings: flat(({ warnings }) => warnings),
  }
}

interface CheckedRoute {
  readonly config: RouteConfig | undefined
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Says all that can be said of a route, also where a part of it is not even of the right kind. */
function checkRoute(value: Json, known: Known): CheckedRoute {
  const misshapen = shapeOf(routeSchema).check(value)
  const { from, to, match } = isObject(value) ? value : {}
  const sources = [...known.events.keys()]
  const pattern = isObject(match)
    ? checkPattern(match, from === undefined ? sources : namesIn(from), known)
    : undefined
  const findings = [
    ...misshapen,
    ...unknownNames('source', namesIn(from), new Set(sources), ['from']),
    ...unknownNames('sink', namesIn(to), known.sinks, ['to']),
    ...beneath(['match'], pattern?.findings ?? []),
  ]
  const warnings = beneath(['match'], pattern?.warnings ?? [])
  return { config: misshapen.length > 0 ? undefined : configOf(value), findings, warnings }
}

/** Of a value that its schema has found in order. */
function configOf(value: Json): RouteConfig {
  const { name, from, match, to, enabled } = value as RouteOptions & JsonObject
  return { name, from, match, to, enabled }
}

function namesIn(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}

function unknownNames(
  kind: string,
  names: readonly string[],
  known: ReadonlySet<string>,
  path: Path,
): Finding[] {
  return names.flatMap((name, index) => {
    if (known.has(name)) return []
    const message = `no ${kind} is called ${JSON.stringify(name)}${didYouMean(name, [...known])}`
    return [{ path: [...path, String(index)], message }]
  })
}

function checkPattern(match: JsonObject, from: readonly string[], known: Known): MatchFindings {
  const accepted = acceptedTypes(from, known)
  const wanted = wantedTypes(match)
  const seen =
    accepted === '*' ? wanted : (wanted?.filter((type) => accepted.has(type)) ?? [...accepted])
  const { findings, warnings } = checkMatch(match, describeEvents(seen, known))
  const message = 'no source of this route accepts such events: see its events'
  const unseen = wanted && seen?.length === 0 ? [{ path: ['type'], message }] : []
  return {
    findings: [...checkSyntax(match), ...findings],
    warnings: [...warnings, ...unseen],
  }
}

function checkSyntax(match: JsonObject): Finding[] {
  try {
    compileFilter(match)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return findingsWithin(match, error.problems)
  }
}

function acceptedTypes(from: readonly string[], { events }: Known): ReadonlySet<string> | '*' {
  const types = new Set<string>()
  for (const source of from) {
    const accepted = events.get(source) ?? '*'
    if (accepted === '*') return '*'
    for (const type of accepted) types.add(type)
  }
  return types
}

/** The event types that a pattern names one by one, where it does. */
function wantedTypes({ type }: JsonObject): readonly string[] | undefined {
  const types = [type].flat()
  return types.every((item) => typeof item === 'string') ? types : undefined
}

/** Undefined stands for types of all kinds. */
function describeEvents(types: readonly string[] | undefined, { eventSchemas }: Known): Events {
  if (types === undefined) return { schemas: [...eventSchemas.values()], isComplete: false }
  const schemas = types.map((type) => eventSchemas.get(type))
  return {
    schemas: schemas.filter((schema) => schema !== undefined),
    isComplete: schemas.length > 0 && !schemas.includes(undefined),
  }
}

function sameNames(routes: readonly (RouteConfig | undefined)[]): Finding[] {
  const names = new Set<string>()
  return routes.flatMap((route, index) => {
    if (route === undefined) return []
    const isTaken = names.has(route.name)
    names.add(route.name)
    const message = 'is the name of an earlier route too'
    return isTaken ? [{ path: [String(index), 'name'], message }] : []
  })
}
