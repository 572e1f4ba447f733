import type { Finding, Path } from '../../config/check/finding.ts'
import { parseRule } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import {
  edgeSinks,
  edgeSources,
  lackingOptions,
  lackingSinks,
  lackingSources,
} from './edge-plugs.ts'

/** What routes.yaml asks for, as it is written, and a worker has not. */
export function checkTarget({ sources, sinks, egress }: JsonObject): readonly Finding[] {
  return [
    ...entriesOf(sources).flatMap(([name, { type }]) =>
      lackingType(['sources', name], type, lackingSources, edgeSources),
    ),
    ...entriesOf(sinks).flatMap(([name, sink]) => [
      ...lackingType(['sinks', name], sink.type, lackingSinks, edgeSinks),
      ...optionsOf(['sinks', name], sink),
    ]),
    ...unseenAddresses(egress),
  ]
}

function entriesOf(section: Json | undefined): readonly (readonly [string, JsonObject])[] {
  const entries = Object.entries(isObject(section) ? section : {})
  return entries.flatMap(([name, entry]) => (isObject(entry) ? [[name, entry] as const] : []))
}

function lackingType(
  path: Path,
  type: Json | undefined,
  lacking: Readonly<Record<string, string>>,
  there: Readonly<Record<string, unknown>>,
): Finding[] {
  if (typeof type !== 'string' || !Object.hasOwn(lacking, type)) return []
  const message = `${lacking[type]} (it has ${Object.keys(there).join(', ')})`
  return [{ path: [...path, 'type'], message }]
}

function optionsOf(path: Path, sink: JsonObject): Finding[] {
  if (!Object.hasOwn(edgeSinks, String(sink.type))) return []
  const lacking = Object.entries(lackingOptions).filter(([name]) => Object.hasOwn(sink, name))
  return lacking.map(([name, message]) => ({ path: [...path, name], message, onKey: true }))
}

const UNSEEN =
  'a worker never sees the address of a host that it calls by name: deny hosts by their names, or name in allow all that may be reached'

/** In `allow` an address opens what is called by that address alone, and no host: that holds everywhere. */
function unseenAddresses(egress: Json | undefined): Finding[] {
  const deny = isObject(egress) && Array.isArray(egress.deny) ? egress.deny : []
  return deny.flatMap((text, index) => {
    const rule = typeof text === 'string' ? parseRule(text) : ''
    const isAddress = typeof rule === 'object' && 'range' in rule
    return isAddress ? [{ path: ['egress', 'deny', String(index)], message: UNSEEN }] : []
  })
}
