import { isObject, type JsonObject } from '../../core/event.ts'
import { itemSchemas, partsOf, propertySchemas } from '../check/schema-walk.ts'
import { hideInAddress, isAddress } from './address.ts'
import type { Document, Place } from './document.ts'
import { hasReference } from './env.ts'
import { hideAll } from './excerpt.ts'
import { isLiteral } from './literal.ts'

/** The places that `schema` marks as secret or does not know. */
export function secretsOf({ places }: Document, schema: JsonObject): readonly Place[] {
  return places.filter((place) => isSecret(place, schema))
}

/** The text, its secrets hidden character by character: all places in it stay the same. */
export function hideSecrets({ text, places }: Document, secrets: readonly Place[]): string {
  const hidden = [
    ...secrets.flatMap((place) => rangesOf(place, text)),
    ...places.filter(isAddress).map((place) => ({ ...place, hide: hideWrittenAddress(place) })),
  ]
  let shown = ''
  let end = 0
  for (const { from, to, hide } of hidden.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (to <= end) continue
    const start = Math.max(from, end)
    shown += text.slice(end, start) + hide(text.slice(start, to))
    end = to
  }
  return shown + text.slice(end)
}

interface Range {
  readonly from: number
  readonly to: number
  hide(text: string): string
}

/**
 * A secret that lacks its quotes may be read as an anchor, an alias, a comment or, with its keys, an object: hides all
 * from the key to the end of the line. What comes from outside alone stays as written.
 */
function rangesOf(place: Place, text: string): Range[] {
  const { after, from, to, kind } = place
  const lead = text.slice(after, from).search(/[&#!]/)
  const comment = commentAt(text, to)
  const isShown =
    kind === 'list' || (kind === 'scalar' && hasReference(place.source) && !isLiteral(place))
  return [
    ...(lead === -1 ? [] : [{ from: after + lead, to: from, hide: hideAll }]),
    ...(isShown ? [] : [{ from, to, hide: hideAll }]),
    { from: to, to: to + comment.length, hide: hideAll },
  ]
}

function commentAt(text: string, offset: number): string {
  const comment = /[^\S\r\n]*#.*/y
  comment.lastIndex = offset
  return comment.exec(text)?.[0] ?? ''
}

/** Of a text with escapes, or of several lines, nothing is shown: its parts are not where they seem to be. */
function hideWrittenAddress({ source }: Place): (written: string) => string {
  return (written) => {
    const [, quote = '', inner = ''] = /^(["']?)(.*)\1$/s.exec(written) ?? []
    return inner === source ? quote + hideInAddress(source) + quote : hideAll(written)
  }
}

function isSecret({ path, kind }: Place, schema: JsonObject): boolean {
  if (path[0] === 'sinks' && path[2] === 'headers') return path.length > 3 || kind === 'scalar'
  let schemas: readonly JsonObject[] = [schema]
  for (const name of path) {
    schemas = schemas.flatMap((outer) => [
      ...propertySchemas(outer, name),
      ...(/^[0-9]+$/.test(name) ? itemSchemas(outer) : []),
    ])
    const parts = schemas.flatMap(partsOf)
    if (parts.length === 0 || parts.some(({ secret }) => secret === true)) return true
    if (parts.some(({ additionalProperties }) => additionalProperties === true)) return false
  }
  return false
}

/** The shapes of the entries of a plan's files as the one schema of these. `teams` are the names of files of routes.d. */
export function wholeSchema(
  file: JsonObject,
  entries: Readonly<Record<'sources' | 'sinks', JsonObject>>,
  route: JsonObject,
  teams: readonly string[],
): JsonObject {
  const properties = isObject(file.properties) ? file.properties : {}
  return {
    properties: {
      ...properties,
      sources: { type: 'object', properties: entries.sources },
      sinks: { type: 'object', properties: entries.sinks },
      routes: { type: 'array', items: route },
      ...Object.fromEntries(teams.map((name) => [name, besideEntries])),
    },
  }
}

/** What else a file of routes.d may hold. All more is unknown. */
const besideEntries = { properties: { version: {}, sinks: {}, routes: {} } }
