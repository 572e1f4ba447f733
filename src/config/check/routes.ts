import { ConfigError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { checkRules, countRules } from '../../core/filter/pattern.ts'
import type { RouteConfig, SinkConfig, SourceConfig } from '../config.ts'
import { findingsWithin } from '../text/dotted.ts'
import { checkCombinations } from './combinations.ts'
import { beneath, type Finding, type Path } from './finding.ts'
import { checkMatch, type Events, type MatchFindings } from './match.ts'
import { type RouteOptions, routeSchema } from './options.ts'
import { shapeOf } from './shape.ts'
import { createHints } from './suggest.ts'

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

/** Sinks that are ordered by a field that no accepted event has. Paths begin with a sink's name. */
export function unknownOrders(sinks: readonly SinkConfig[], known: Known): Finding[] {
  const accepted = acceptedTypes(known.events.keys(), known)
  const events = describeEvents(accepted === '*' ? undefined : [...accepted], known)
  return sinks.flatMap(({ name, settings: { orderBy } }) => {
    if (orderBy === null) return []
    const { warnings } = checkMatch({ [orderBy]: [{ exists: true }] }, events)
    return warnings.map(({ message }) => ({ path: [name, 'order_by'], message }))
  })
}

/** Schemas of events that no source accepts. Paths begin with an event type. */
export function unseenSchemas(types: readonly string[], known: Known): Finding[] {
  const accepted = acceptedTypes(known.events.keys(), known)
  const unseen = types.filter((type) => accepted !== '*' && !accepted.has(type))
  const message = 'no source accepts events of this type: name it in the events of one'
  return unseen.map((type) => ({ path: [type], message, onKey: true }))
}

/** Gives the routes their defaults. Paths of findings begin with a route's index. */
export function checkRoutes(routes: readonly Json[], known: Known): CheckedRoutes {
  const combinations = checkCombinations(routes)
  const names = namesOf(known)
  const checked = routes.map((route, index) => {
    const parse = index < combinations.tooManyFrom ? checkRules : countRules
    return checkRoute(route, { ...known, ...names, parse })
  })
  const flat = (pick: (route: CheckedRoute) => readonly Finding[]) =>
    checked.flatMap((route, index) => beneath([String(index)], pick(route)))
  const configs = checked.map(({ config }) => config)
  return {
    configs: configs.filter((config) => config !== undefined),
    findings: [
      ...flat(({ findings }) => findings),
      ...combinations.findings,
      ...sameNames(configs),
    ],
    warnings: [...flat(({ warnings }) => warnings), ...combinations.warnings],
  }
}

/** What one route is checked against. */
interface Context extends Known {
  readonly sourceNames: Names
  readonly sinkNames: Names
  /** Throws ConfigError with what is wrong with a pattern. */
  parse(match: JsonObject): unknown
}

interface Names {
  readonly kind: 'source' | 'sink'
  readonly known: ReadonlySet<string>
  hint(written: string): string
}

function namesOf({ events, sinks }: Known): Pick<Context, 'sourceNames' | 'sinkNames'> {
  const named = (kind: Names['kind'], known: readonly string[]) => {
    return { kind, known: new Set(known), hint: createHints(known) }
  }
  return { sourceNames: named('source', [...events.keys()]), sinkNames: named('sink', [...sinks]) }
}

interface CheckedRoute {
  readonly config: RouteConfig | undefined
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Says all that can be said of a route, also where a part of it is not even of the right kind. */
function checkRoute(value: Json, context: Context): CheckedRoute {
  const misshapen = shapeOf(routeSchema).check(value)
  const { from, to, match } = isObject(value) ? value : {}
  const pattern = isObject(match)
    ? checkPattern(match, from === undefined ? context.events.keys() : namesIn(from), context)
    : undefined
  const findings = [
    ...misshapen,
    ...unknownNames(namesIn(from), context.sourceNames, ['from']),
    ...unknownNames(namesIn(to), context.sinkNames, ['to']),
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
  written: readonly string[],
  { kind, known, hint }: Names,
  path: Path,
): Finding[] {
  return written.flatMap((name, index) => {
    if (known.has(name)) return []
    const message = `no ${kind} is called ${JSON.stringify(name)}${hint(name)}`
    return [{ path: [...path, String(index)], message }]
  })
}

function checkPattern(match: JsonObject, from: Iterable<string>, context: Context): MatchFindings {
  const accepted = acceptedTypes(from, context)
  const wanted = wantedTypes(match)
  const seen =
    accepted === '*' ? wanted : (wanted?.filter((type) => accepted.has(type)) ?? [...accepted])
  const { findings, warnings } = checkMatch(match, describeEvents(seen, context))
  const message = 'no source of this route accepts such events: see its events'
  const unseen = wanted && seen?.length === 0 ? [{ path: ['type'], message }] : []
  return {
    findings: [...checkSyntax(match, context), ...findings],
    warnings: [...warnings, ...unseen],
  }
}

function checkSyntax(match: JsonObject, { parse }: Context): Finding[] {
  try {
    parse(match)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return findingsWithin(match, error.problems)
  }
}

export function acceptedTypes(
  from: Iterable<string>,
  { events }: Known,
): ReadonlySet<string> | '*' {
  const types = new Set<string>()
  for (const source of from) {
    const accepted = events.get(source) ?? '*'
    if (accepted === '*') return '*'
    for (const type of accepted) types.add(type)
  }
  return types
}

/** The event types that a pattern names one by one, where it does. */
export function wantedTypes({ type }: JsonObject): readonly string[] | undefined {
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
