import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { WantedApproval } from '../../core/plugin.ts'
import type { RouteConfig } from '../config.ts'
import type { Path } from './finding.ts'
import { isChoice } from './match.ts'

interface NamedCode {
  readonly code: string
  readonly path: Path
}

/** The approval codes that a route names: exact texts. A prefix, say, names none. Paths begin at the route. */
export function codesOf({ match }: Pick<RouteConfig, 'match'>): readonly NamedCode[] {
  return match === undefined ? [] : codesIn(match, ['match'])
}

function codesIn({ approval_code: named, $or }: JsonObject, path: Path): NamedCode[] {
  const choices = isChoice($or) ? $or : []
  return [
    ...textsIn(named, [...path, 'approval_code']),
    ...choices.flatMap((choice, index) => codesIn(choice, [...path, '$or', String(index)])),
  ]
}

function textsIn(value: Json | undefined, path: Path): NamedCode[] {
  if (typeof value === 'string') return value === '' ? [] : [{ code: value, path }]
  if (!Array.isArray(value)) return []
  return value.flatMap((item, index) => {
    return isObject(item) || Array.isArray(item) ? [] : textsIn(item, [...path, String(index)])
  })
}

/** The approvals that enabled routes name, each once, by the source whose events the route takes. */
export function approvalsOf(
  routes: readonly RouteConfig[],
  sources: readonly string[],
  placeOf: (path: Path) => string,
): ReadonlyMap<string, readonly WantedApproval[]> {
  const named = routes.flatMap((route, index) => {
    if (!route.enabled) return []
    return codesOf(route).map(({ code, path }) => {
      return { code, from: route.from, place: placeOf(['routes', String(index), ...path]) }
    })
  })
  const wantedOf = (source: string) => {
    const places = new Map<string, string[]>()
    for (const { code, from, place } of named) {
      if (from && !from.includes(source)) continue
      const known = places.get(code)
      if (known) known.push(place)
      else places.set(code, [place])
    }
    return [...places].map(([code, at]) => ({ code, places: at }))
  }
  return new Map(sources.map((source) => [source, wantedOf(source)]))
}
