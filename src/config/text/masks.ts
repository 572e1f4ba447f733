import { isObject, type JsonObject } from '../../core/event.ts'
import { itemSchemas, partsOf, propertySchemas } from '../check/schema-walk.ts'
import type { Document, Place } from './document.ts'
import { hasReference } from './env.ts'
import { HIDDEN } from './excerpt.ts'

/**
 * The values that may not be shown: literal ones at places that `schema` marks as secret or does not know. An object
 * there is hidden with its keys: it may be a secret that YAML took apart.
 */
export function secretsOf({ places }: Document, schema: JsonObject): readonly Place[] {
  return places.filter((place) => {
    const isLiteral = place.kind === 'object' || (place.source && !hasReference(place.source))
    return isLiteral && isSecret(place, schema)
  })
}

/** The text, each character of a secret replaced by HIDDEN: all places in it stay the same. */
export function hideSecrets({ text, places }: Document, secrets: readonly Place[]): string {
  const addresses = places.filter(({ source }) => source.includes('://'))
  const hidden = [
    ...secrets.map(({ from, to }) => ({ from, to, hide: hideAll })),
    ...addresses.map(({ from, to }) => ({ from, to, hide: hideInAddress })),
  ]
  let shown = ''
  let end = 0
  for (const { from, to, hide } of hidden.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (from < end) continue
    shown += text.slice(end, from) + hide(text.slice(from, to))
    end = to
  }
  return shown + text.slice(end)
}

function hideAll(text: string): string {
  return text.replaceAll(/[^\r\n]/g, HIDDEN)
}

/** The user, password, query and fragment of URLs; of what is not quite a URL, all. References stay as written. */
function hideInAddress(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)([^\s"']*)/gi, (url, scheme, rest: string) => {
    if (!URL.canParse(url) && !hasReference(rest)) return scheme + hideAll(rest)
    return scheme + rest.replace(/^.*(?=@)/, hideLiteral).replace(/(?<=[?#]).*$/, hideLiteral)
  })
}

function hideLiteral(text: string): string {
  return hasReference(text) ? text : hideAll(text)
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

/** The shapes of a file's entries as the one schema of the file. */
export function wholeSchema(
  file: JsonObject,
  entries: Readonly<Record<'sources' | 'sinks', JsonObject>>,
  route: JsonObject,
): JsonObject {
  const properties = isObject(file.properties) ? file.properties : {}
  return {
    properties: {
      version: properties.version ?? {},
      sources: { properties: entries.sources },
      sinks: { properties: entries.sinks },
      routes: { items: route },
    },
  }
}
