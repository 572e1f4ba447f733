import { messageOf } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { OWN } from '../../core/own-events.ts'
import { closest } from '../../core/suggest.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { checkOptionsSchema } from '../validators.ts'
import { type Checked, checkSink, checkSource, type Entry } from './entries.ts'
import { beneath, type Finding } from './finding.ts'
import { PLUG_NAME } from './options.ts'
import { type Plug, plainSchema } from './shape.ts'
import { sharedOptions } from './unique.ts'

/** All entries of `sources` or of `sinks`. */
export interface CheckedSection<T> {
  readonly configs: readonly T[]
  /** What each entry was checked against, by its name. */
  readonly schemas: JsonObject
  /** Paths begin at an entry's name. */
  readonly findings: readonly Finding[]
}

/** Paths that the gateway answers itself. */
const OWN_PATHS = /^\/(healthz|readyz|metrics|api|console|callback\/ws)(\/|$)/

export async function checkSources(
  entries: readonly Entry[],
  types: readonly Plug[],
): Promise<CheckedSection<SourceConfig>> {
  const checking = entries.map(async (entry) => {
    const type = typeOf(entry.value)
    const plug = types.find((known) => known.type === type)
    const names = types.map((known) => known.type)
    const unknown = type === undefined || plug ? [] : [unknownType(type, names, '')]
    return withFindings(await checkSource(entry, plug), unknown)
  })
  const section = sectionOf(entries, await Promise.all(checking))
  const plugs = new Map(types.map((known) => [known.type, known]))
  const shared = sharedOptions('sources', section.configs, plugs)
  const wrong = [...checkNames(entries), ...checkPaths(section.configs), ...shared]
  return { ...section, findings: [...section.findings, ...wrong] }
}

/** `known` are the types that are sure to be there; `resolve` also looks for plugins. */
export async function checkSinks(
  entries: readonly Entry[],
  known: readonly string[],
  resolve: (type: string) => Promise<Plug | undefined>,
): Promise<CheckedSection<SinkConfig>> {
  const look = lookUpOnce(async (type) => {
    const plug = await lookUp(type, resolve)
    return typeof plug === 'object' && !known.includes(type) ? withSchema(plug) : plug
  })
  const checking = entries.map(async (entry) => {
    const type = typeOf(entry.value)
    if (type === undefined) return checkSink(entry, undefined)
    const plug = await look(type)
    if (typeof plug === 'object') return checkSink(entry, plug)
    const hint = `, nor is there plugins/${type}.ts`
    const finding = plug === undefined ? unknownType(type, known, hint) : onType(plug)
    return withFindings(await checkSink(entry, undefined), [finding])
  })
  const section = sectionOf(entries, await Promise.all(checking))
  const plugs = new Map<string, Plug>()
  for (const { type } of section.configs) {
    const plug = await look(type)
    if (typeof plug === 'object') plugs.set(type, plug)
  }
  const shared = sharedOptions('sinks', section.configs, plugs)
  return { ...section, findings: [...section.findings, ...shared] }
}

/** A plug; why it is not usable; or undefined where there is none. */
type Found = Plug | string | undefined

function lookUpOnce(look: (type: string) => Promise<Found>): (type: string) => Promise<Found> {
  const found = new Map<string, Promise<Found>>()
  return (type) => {
    const looking = found.get(type) ?? look(type)
    found.set(type, looking)
    return looking
  }
}

async function lookUp(
  type: string,
  resolve: (type: string) => Promise<Plug | undefined>,
): Promise<Found> {
  try {
    return await resolve(type)
  } catch (error) {
    return `is not usable: ${messageOf(error)}`
  }
}

/** A plugin, or why what its options are described by is no schema. */
function withSchema(plug: Plug): Found {
  try {
    checkOptionsSchema(plainSchema(plug.options))
    return plug
  } catch (error) {
    return `the options schema of its plug is not in order: ${messageOf(error)}`
  }
}

const plugName = new RegExp(PLUG_NAME)

/** Undefined for what cannot be a plug's name: its schema says so, and it must not become part of a file's. */
function typeOf(value: Json): string | undefined {
  const type = isObject(value) ? value.type : undefined
  return typeof type === 'string' && plugName.test(type) ? type : undefined
}

function unknownType(type: string, known: readonly string[], more: string): Finding {
  const meant = closest(type, known)
  const hint =
    meant === undefined ? `: not one of ${known.join(', ')}${more}` : `; did you mean "${meant}"?`
  return onType(`unknown type ${JSON.stringify(type)}${hint}`)
}

function onType(message: string): Finding {
  return { path: ['type'], message }
}

function withFindings<T>(checked: Checked<T>, more: readonly Finding[]): Checked<T> {
  if (more.length === 0) return checked
  return { ...checked, config: undefined, findings: [...more, ...checked.findings] }
}

function sectionOf<T>(
  entries: readonly Entry[],
  checked: readonly Checked<T>[],
): CheckedSection<T> {
  const names = entries.map(({ name }) => name)
  const schemas = checked.map(({ schema }, index) => [names[index] ?? '', schema] as const)
  return {
    configs: checked.flatMap(({ config }) => (config === undefined ? [] : [config])),
    schemas: Object.fromEntries(schemas),
    findings: checked.flatMap(({ findings }, index) => beneath([names[index] ?? ''], findings)),
  }
}

/** What an event's source is called in lists tells whether it is the gateway's own. */
function checkNames(entries: readonly Entry[]): Finding[] {
  const message = "is what the gateway's own events are said to come from: choose another name"
  return entries.flatMap(({ name }) =>
    name === OWN ? [{ path: [name], message, onKey: true }] : [],
  )
}

/** Every source that does not connect by itself has a path of its own. */
function checkPaths(sources: readonly SourceConfig[]): Finding[] {
  const owners = new Map<string, string>()
  return sources.flatMap(({ name, path }) => {
    if (path === undefined) return []
    const owner = owners.get(path)
    owners.set(path, owner ?? name)
    if (OWN_PATHS.test(path)) return [onPath(name, 'is a path that the gateway answers itself')]
    if (owner === undefined) return []
    return [onPath(name, `${path} is the path of ${owner} too: give each source its own`)]
  })
}

function onPath(name: string, message: string): Finding {
  return { path: [name, 'path'], message }
}
