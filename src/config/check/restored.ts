import type { TObject } from '@sinclair/typebox'
import { compileEgress, type EgressOptions } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { SinkType, SourceType } from '../../core/plugin.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { type CompiledCheck, findWith } from './compiled.ts'
import { beneath, type Finding } from './finding.ts'
import { fingerprintOf } from './fingerprint.ts'
import { sinkSchema, sourceSchemaOf } from './options.ts'
import { withPlugCheck } from './plug-check.ts'
import { refusedHosts } from './refused-hosts.ts'
import type { Plug } from './shape.ts'
import { split } from './split.ts'
import { sharedOptions } from './unique.ts'

/** An entry, checked but for what hangs on the values of its references. */
export type BundledEntry<Entry extends SourceConfig | SinkConfig> = Omit<
  Entry,
  'options' | 'fingerprint'
> & {
  /** As the file has it: with its references, and without defaults. */
  readonly written: JsonObject
}

/** What entries are checked against, and may connect to. */
export interface Standards {
  /** By type: of a whole entry. */
  readonly checks: Readonly<Record<string, CompiledCheck>>
  readonly types: readonly (SourceType | SinkType)[]
  readonly egress: EgressOptions
}

export interface RestoredSection<Entry> {
  readonly configs: readonly Entry[]
  /** Paths begin at an entry's name. */
  readonly findings: readonly Finding[]
}

/** Entries whose options are known now, by name in `section`: they get their defaults, and are checked. */
export async function restoreSources(
  sources: readonly BundledEntry<SourceConfig>[],
  section: Json | undefined,
  standards: Standards,
): Promise<RestoredSection<SourceConfig>> {
  const restoring = sources.map(async ({ written, ...source }) => {
    const { options, findings } = await restoreOptions(source, section, standards, sourceSchemaOf)
    const fingerprint = await fingerprintOf({ type: source.type, options })
    return { config: { ...source, options, fingerprint }, findings }
  })
  return checkTogether('sources', await Promise.all(restoring), standards)
}

export async function restoreSinks(
  sinks: readonly BundledEntry<SinkConfig>[],
  section: Json | undefined,
  standards: Standards,
): Promise<RestoredSection<SinkConfig>> {
  const restoring = sinks.map(async ({ written, ...sink }) => {
    const { options, findings } = await restoreOptions(sink, section, standards, () => sinkSchema)
    const { type, settings } = sink
    const fingerprint = await fingerprintOf({ type, settings, options })
    return { config: { ...sink, options, fingerprint }, findings }
  })
  return checkTogether('sinks', await Promise.all(restoring), standards)
}

async function restoreOptions(
  { name, type }: Pick<SinkConfig, 'name' | 'type'>,
  section: Json | undefined,
  { checks, types }: Standards,
  commonTo: (plug: Plug) => TObject,
): Promise<{ options: JsonObject; findings: readonly Finding[] }> {
  const entry = (isObject(section) ? section[name] : undefined) ?? {}
  const check = Object.hasOwn(checks, type) ? checks[type] : undefined
  const plug = types.find((known) => known.type === type)
  if (!check || !plug) {
    const message = `${type} is not in what was built: build it anew`
    return { options: {}, findings: [{ path: [name, 'type'], message }] }
  }
  const common = commonTo(plug)
  const findings = await withPlugCheck(findWith(check)(entry), entry, common, plug)
  const [, options] = split(entry, common)
  return { options, findings: beneath([name], findings) }
}

async function checkTogether<Entry extends SourceConfig | SinkConfig>(
  section: 'sources' | 'sinks',
  restored: readonly { readonly config: Entry; readonly findings: readonly Finding[] }[],
  { types, egress }: Standards,
): Promise<RestoredSection<Entry>> {
  const configs = restored.map(({ config }) => config)
  const plugs = new Map(types.map((known) => [known.type, known]))
  const { refusesProxied } = compileEgress(egress)
  const findings = [
    ...restored.flatMap((one) => one.findings),
    ...sharedOptions(section, configs, plugs),
    ...(await refusedHosts(configs, refusesProxied, async (type) => plugs.get(type))),
  ]
  return { configs, findings }
}
