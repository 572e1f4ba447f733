import type { RouteConfig, SourceConfig } from '../config.ts'
import { codesOf } from './approvals.ts'
import type { Finding } from './finding.ts'
import { acceptedTypes, type Known, wantedTypes } from './routes.ts'
import { propertySchemas } from './schema-walk.ts'

/** Routes that take approval events of a source with `subscribe: true`, and name no approval. Paths begin with an index. */
export function unsubscribedRoutes(
  routes: readonly RouteConfig[],
  sources: readonly SourceConfig[],
  known: Known,
): Finding[] {
  const subscribing = sources.filter(({ options }) => options.subscribe === true)
  return routes.flatMap((route, index) => {
    const from = subscribing
      .map(({ name }) => name)
      .filter((name) => route.from?.includes(name) ?? true)
    if (!route.enabled || from.length === 0 || codesOf(route).length > 0) return []
    if (!takesApprovals(route, from, known)) return []
    const message =
      'names no approval_code: it gets only events of approvals that are subscribed elsewhere'
    return [{ path: [String(index), 'match'], message, onKey: true }]
  })
}

/** Approval events are those that have an approval_code. */
function takesApprovals({ match }: RouteConfig, from: readonly string[], known: Known): boolean {
  const accepted = acceptedTypes(from, known)
  const wanted = match && wantedTypes(match)
  return [...known.eventSchemas].some(([type, schema]) => {
    if (propertySchemas(schema, 'approval_code').length === 0) return false
    return (accepted === '*' || accepted.has(type)) && (wanted?.includes(type) ?? true)
  })
}
