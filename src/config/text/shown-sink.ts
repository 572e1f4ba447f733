import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { WrittenSink } from '../../core/plan.ts'
import { type Path, pathKey } from '../check/finding.ts'
import type { SinkConfig } from '../config.ts'
import { hideInAddress, isAddress } from './address.ts'
import type { Document, Place } from './document.ts'
import { hasReference } from './env.ts'
import { printable } from './excerpt.ts'
import { isLiteral } from './literal.ts'

/** The sinks with what people may see of them. `secrets` are the places of what they may not. */
export function withShown(
  sinks: readonly SinkConfig[],
  document: Document,
  secrets: readonly Place[],
): readonly SinkConfig[] {
  const show = showing(document, secrets)
  const all = isObject(document.value) ? document.value.sinks : undefined
  return sinks.map((sink) => {
    const entry = isObject(all) ? all[sink.name] : undefined
    return isObject(entry) ? { ...sink, shown: shownOf(sink.name, entry, document, show) } : sink
  })
}

type Show = (value: Json, path: Path) => Json

function shownOf(name: string, entry: JsonObject, document: Document, show: Show): WrittenSink {
  const { type, ...options } = entry
  const path = ['sinks', name]
  const place = document.placeOf(path)
  const { file = '', line } = document.positionAt(place?.keyFrom ?? place?.from ?? 0)
  return { options: showEntries(options, path, show), file, line }
}

/** Only what has a place of its own is known to be harmless: what an alias stands for has none. */
function showing({ places }: Document, secrets: readonly Place[]): Show {
  const byPath = new Map(places.map((place) => [pathKey(place.path), place]))
  const hidden = new Set(secrets)
  const show: Show = (value, path) => {
    const place = byPath.get(pathKey(path))
    const isHidden = place === undefined || hidden.has(place)
    if (isHidden && place?.kind === 'object') return HIDDEN
    if (Array.isArray(value)) return value.map((item, at) => show(item, [...path, String(at)]))
    if (isObject(value)) return showEntries(value, path, show)
    if (isHidden) return place && isFromOutside(place) ? place.source : HIDDEN
    return isAddress(place) ? printable(hideInAddress(place.source)) : value
  }
  return show
}

function showEntries(value: JsonObject, path: Path, show: Show): JsonObject {
  const entries = Object.entries(value).map(([key, item]) => [key, show(item, [...path, key])])
  return Object.fromEntries(entries)
}

const HIDDEN = '***'

function isFromOutside(place: Place): boolean {
  return hasReference(place.source) && !isLiteral(place)
}
