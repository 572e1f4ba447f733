import { isObject, type Json } from '../../core/event.ts'
import { closest } from '../../core/suggest.ts'
import type { SourceConfig } from '../config.ts'
import type { Finding } from './finding.ts'

/** What their schema cannot say well of the options that every source has, as the file has them. */
export function checkSourceOptions(written: Json): Finding[] {
  if (!isObject(written)) return []
  const { path, events } = written
  return [
    ...(typeof path === 'string' && path.startsWith('/') ? checkPath(path) : []),
    ...(Array.isArray(events) && events.includes('*') ? [starInList(events)] : []),
  ]
}

/** Requests come with their paths in normal form, so that no other would ever be met. */
function checkPath(path: string): Finding[] {
  if (URL.parse(path, 'http://host')?.pathname === path) return []
  const message = 'no request can have this path: write it without .., ?, # and a leading //'
  return [{ path: ['path'], message }]
}

function starInList(events: readonly Json[]): Finding {
  const path = ['events', String(events.indexOf('*'))]
  return { path, message: 'stands for all types by itself only: write events: "*"' }
}

/** More would make neighbours of types that do exist. */
const MOST_EDITS = 2

/** Event types that look like one that is known, misspelt. Paths begin with a source's name. */
export function misspeltEvents(
  sources: readonly SourceConfig[],
  known: readonly string[],
): Finding[] {
  return sources.flatMap(({ name, events }) => {
    const types = events === '*' ? [] : events
    return types.flatMap((type, index): Finding[] => {
      const meant = known.includes(type) ? undefined : closest(type, known, MOST_EDITS)
      if (meant === undefined) return []
      const message = `${JSON.stringify(type)} is no type with a schema; did you mean "${meant}"?`
      return [{ path: [name, 'events', String(index)], message }]
    })
  })
}
