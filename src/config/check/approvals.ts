import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { WantedApproval } from '../../core/plugin.ts'
import type { RouteConfig, SourceConfig } from '../config.ts'
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

/** Feishu subscribes an app, for all of its sources. A source that does not say its app has one to itself. */
export function appKeyOf({ name, options: { app_id, domain } }: SourceConfig): string {
  if (typeof app_id !== 'string') return JSON.stringify([name])
  return JSON.stringify([app_id, String(domain).replace(/\/+$/, '')])
}

/** Whether it subscribes, or another source of its app does. */
export function isSubscribedFor(source: SourceConfig, sources: readonly SourceConfig[]): boolean {
  const key = appKeyOf(source)
  return sources.some((other) => other.options.subscribe === true && appKeyOf(other) === key)
}

/**
 * The approvals that enabled routes name, each once, by the source that subscribes to them: of an app's sources the
 * first with subscribe: true, or else the first. It does so for all routes that take events of any of them.
 */
export function approvalsOf(
  routes: readonly RouteConfig[],
  sources: readonly SourceConfig[],
  placeOf: (path: Path) => string,
): ReadonlyMap<string, readonly WantedApproval[]> {
  const named = routes.flatMap((route, index) => {
    if (!route.enabled) return []
    return codesOf(route).map(({ code, path }) => {
      return { code, from: route.from, place: placeOf(['routes', String(index), ...path]) }
    })
  })
  const wantedOf = (together: readonly SourceConfig[]) => {
    const places = new Map<string, string[]>()
    for (const { code, from, place } of named) {
      if (from && !together.some(({ name }) => from.includes(name))) continue
      const known = places.get(code)
      if (known) known.push(place)
      else places.set(code, [place])
    }
    return [...places].map(([code, at]) => ({ code, places: at }))
  }
  const wanted = [...Map.groupBy(sources, appKeyOf).values()].flatMap((together) => {
    const subscriber = together.find(({ options }) => options.subscribe === true) ?? together[0]
    return together.map((source) => {
      return [source.name, source === subscriber ? wantedOf(together) : []] as const
    })
  })
  return new Map(wanted)
}
