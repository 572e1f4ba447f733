import type { Json, JsonObject } from '../../core/event.ts'
import type { RouteConfig, SourceConfig } from '../config.ts'
import { appKeyOf, codesOf, isSubscribedFor } from './approvals.ts'
import type { Finding } from './finding.ts'
import { isChoice } from './match.ts'
import { acceptedTypes, type Known, wantedTypes } from './routes.ts'
import { propertySchemas } from './schema-walk.ts'

const NOT_ALL =
  'takes approvals that it does not name by exact texts: of those it gets only events of approvals that other routes name, or that are subscribed elsewhere'
const NONE =
  'names no approval_code: it gets only events of approvals that are subscribed elsewhere'

/**
 * Routes that take approval events of an app that a source subscribes for, and do not name the approvals. One that asks
 * for none at all, an archive say, is no mistake where other routes name some of that app's. Paths begin with an index.
 */
export function unsubscribedRoutes(
  routes: readonly RouteConfig[],
  sources: readonly SourceConfig[],
  known: Known,
): Finding[] {
  const subscribed = sources.filter((source) => isSubscribedFor(source, sources))
  const sourcesOf = ({ enabled, from }: RouteConfig) =>
    enabled ? subscribed.filter(({ name }) => from?.includes(name) ?? true) : []
  const naming = routes.filter((route) => codesOf(route).length > 0)
  const namedApps = new Set(naming.flatMap(sourcesOf).map(appKeyOf))
  return routes.flatMap((route, index) => {
    const { match = {} } = route
    const asks = asksForApprovals(match)
    const from = sourcesOf(route).filter((source) => asks || !namedApps.has(appKeyOf(source)))
    if (!isOpen(match, approvalTypes(from, known))) return []
    return [{ path: [String(index), 'match'], message: asks ? NOT_ALL : NONE, onKey: true }]
  })
}

/** The accepted types that have an approval_code. */
function approvalTypes(from: readonly SourceConfig[], known: Known): readonly string[] {
  const names = from.map(({ name }) => name)
  const accepted = acceptedTypes(names, known)
  return [...known.eventSchemas]
    .filter(([type]) => accepted === '*' || accepted.has(type))
    .filter(([, schema]) => propertySchemas(schema, 'approval_code').length > 0)
    .map(([type]) => type)
}

function asksForApprovals({ approval_code, $or }: JsonObject): boolean {
  return approval_code !== undefined || (isChoice($or) && $or.some(asksForApprovals))
}

/** Whether it may match an event of these types whose approval it does not name. */
function isOpen(match: JsonObject, types: readonly string[]): boolean {
  const wanted = wantedTypes(match)
  if (!types.some((type) => wanted?.includes(type) ?? true)) return false
  if (isExact(match.approval_code)) return false
  return !isChoice(match.$or) || match.$or.some((choice) => isOpen(choice, types))
}

function isExact(value: Json | undefined): boolean {
  return [value].flat().every((item) => typeof item === 'string')
}
