import type { TObject } from '@sinclair/typebox'
import type { Json, JsonObject } from '../../core/event.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { type Finding, type Path, withoutEffects } from './finding.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type SinkOptions, type SourceOptions, sinkSchema, sourceSchemaOf } from './options.ts'
import { withPlugCheck } from './plug-check.ts'
import { checkSettings, settingsOf } from './settings.ts'
import { type Plug, plugShape, shapeOf, takenOptions } from './shape.ts'
import { checkSourceOptions } from './source-options.ts'
import { split } from './split.ts'
import { isCertain } from './unknown.ts'

/** An entry of routes.yaml, read: its config, or what is wrong with it. */
export interface Checked<T> {
  readonly config: T | undefined
  /** What it was checked against. */
  readonly schema: JsonObject
  /** Paths begin at the entry. */
  readonly findings: readonly Finding[]
}

export interface Entry {
  readonly name: string
  /** Gets its defaults. */
  readonly value: Json
  /** Options whose values are not known yet, so that nothing can be said of them; paths begin at the entry. */
  readonly unknown?: readonly Path[]
}

/** Without a plug, because its type is unknown, only the options that all sources have are checked. */
export async function checkSource(
  entry: Entry,
  plug: Plug | undefined,
): Promise<Checked<SourceConfig>> {
  const common = sourceSchemaOf(plug)
  const written = checkSourceOptions(entry.value).filter(({ path: [name = ''] }) =>
    Object.hasOwn(common.properties, name),
  )
  const { schema, findings: others } = await checkEntry(entry, common, plug)
  const findings = [...written, ...withoutEffects(others, written)]
  if (findings.length > 0) return { config: undefined, schema, findings }
  const [{ type, path, events: accepted }, options] = split<SourceOptions>(entry.value, common)
  const fingerprint = await fingerprintOf({ type, options })
  const events = entry.unknown?.some(([option]) => option === 'events') ? '*' : accepted
  const config = { name: entry.name, type, path, events, options, fingerprint }
  return { config, schema, findings }
}

/** Without a plug, because its type is unknown, only the options that all sinks have are checked. */
export async function checkSink(
  entry: Entry,
  plug: Plug | undefined,
): Promise<Checked<SinkConfig>> {
  const written = checkSettings(entry.value)
  const { schema, findings } = await checkEntry(entry, sinkSchema, plug)
  if (findings.length + written.length > 0) {
    return { config: undefined, schema, findings: [...findings, ...written] }
  }
  const [common, options] = split<SinkOptions>(entry.value, sinkSchema)
  const { type } = common
  const settings = settingsOf(common)
  const fingerprint = await fingerprintOf({ type, settings, options })
  return { config: { name: entry.name, type, settings, options, fingerprint }, schema, findings }
}

async function checkEntry({ value, unknown = [] }: Entry, common: TObject, plug: Plug | undefined) {
  const { schema, check } = plug ? plugShape(common, plug) : shapeOf(common)
  const found = check(value, isCertain(unknown))
  if (!plug) return { schema, findings: found }
  const findings = [...checkTaken(common, plug), ...found]
  const checked = await withPlugCheck(findings, value, common, plug)
  if (unknown.length === 0) return { schema, findings: checked }
  // What the plug says of a reference, or of what stands beside one, may be wrong of its value.
  const isSure = (finding: Finding) =>
    findings.includes(finding) || plug.checkedAlone?.includes(finding.path[0] ?? '')
  return { schema, findings: checked.filter(isSure) }
}

function checkTaken(common: TObject, plug: Plug): Finding[] {
  return takenOptions(common, plug).map((name) => {
    const message = `its plug's option ${name} is called like one that all have: rename it there`
    return { path: ['type'], message }
  })
}
