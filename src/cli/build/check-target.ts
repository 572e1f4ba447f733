import type { Finding, Path } from '../../config/check/finding.ts'
import { variablesIn } from '../../config/text/env.ts'
import { mapTexts } from '../../config/text/expand.ts'
import { parseRule } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import {
  edgeSinks,
  edgeSources,
  lackingOptions,
  lackingSinks,
  lackingSources,
} from './edge-plugs.ts'
import { OBJECT_BINDING } from './wrangler.ts'

/** What routes.yaml asks for, as it is written, and a worker has not. */
export function checkTarget(file: JsonObject): readonly Finding[] {
  const { sources, sinks, egress } = file
  return [
    ...entriesOf(sources).flatMap(([name, { type }]) =>
      lackingType(['sources', name], type, lackingSources, edgeSources),
    ),
    ...entriesOf(sinks).flatMap(([name, sink]) => [
      ...lackingType(['sinks', name], sink.type, lackingSinks, edgeSinks),
      ...optionsOf(['sinks', name], sink),
    ]),
    ...unseenAddresses(egress),
    ...takenNames(file),
  ]
}

function entriesOf(section: Json | undefined): readonly (readonly [string, JsonObject])[] {
  const entries = Object.entries(isObject(section) ? section : {})
  return entries.flatMap(([name, entry]) => (isObject(entry) ? [[name, entry] as const] : []))
}

function lackingType(
  path: Path,
  type: Json | undefined,
  lacking: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, unknown>,
): Finding[] {
  const why = lacking.get(String(type))
  if (why === undefined) return []
  const message = `${why} (it has ${[...there.keys()].join(', ')})`
  return [{ path: [...path, 'type'], message }]
}

function optionsOf(path: Path, sink: JsonObject): Finding[] {
  if (!edgeSinks.has(String(sink.type))) return []
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

const TAKEN = `a worker has its object by the name ${OBJECT_BINDING}: give the variable another name`

function takenNames(file: JsonObject): readonly Finding[] {
  const findings: Finding[] = []
  mapTexts(file, (text, path) => {
    const isTaken = variablesIn(text).some(({ name }) => name === OBJECT_BINDING)
    if (isTaken) findings.push({ path, message: TAKEN })
    return text
  })
  return findings
}
