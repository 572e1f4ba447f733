import { compileEgress, type EgressOptions } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { SinkType, SourceType } from '../../core/plugin.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { type CompiledCheck, findWith } from './compiled.ts'
import { beneath, type Finding } from './finding.ts'
import { fingerprintOf } from './fingerprint.ts'
import { checkByPlug } from './plug-check.ts'
import { refusedHosts } from './refused-hosts.ts'
import { sharedOptions } from './unique.ts'

type Bundled<Entry> = Omit<Entry, 'fingerprint'>

/** What entries are checked against, and may connect to. */
export interface Standards {
  /** By type. */
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
  sources: readonly Bundled<SourceConfig>[],
  section: Json | undefined,
  standards: Standards,
): Promise<RestoredSection<SourceConfig>> {
  const restoring = sources.map(async (source) => {
    const { options, findings } = restoreOptions(source, section, standards)
    const fingerprint = await fingerprintOf({ type: source.type, options })
    return { config: { ...source, options, fingerprint }, findings }
  })
  return checkTogether(await Promise.all(restoring), standards)
}

export async function restoreSinks(
  sinks: readonly Bundled<SinkConfig>[],
  section: Json | undefined,
  standards: Standards,
): Promise<RestoredSection<SinkConfig>> {
  const restoring = sinks.map(async (sink) => {
    const { options, findings } = restoreOptions(sink, section, standards)
    const { type, settings } = sink
    const fingerprint = await fingerprintOf({ type, settings, options })
    return { config: { ...sink, options, fingerprint }, findings }
  })
  return checkTogether(await Promise.all(restoring), standards)
}

function restoreOptions(
  { name, type }: Pick<SinkConfig, 'name' | 'type'>,
  section: Json | undefined,
  { checks, types }: Standards,
): { options: JsonObject; findings: readonly Finding[] } {
  const written = isObject(section) ? section[name] : undefined
  const options = isObject(written) ? written : {}
  const check = checks[type]
  const wrong = check ? findWith(check)(options) : []
  const plug = types.find((known) => known.type === type)
  const findings = wrong.length > 0 ? wrong : checkByPlug(plug, options)
  return { options, findings: beneath([name], findings) }
}

async function checkTogether<Entry extends SourceConfig | SinkConfig>(
  restored: readonly { readonly config: Entry; readonly findings: readonly Finding[] }[],
  { types, egress }: Standards,
): Promise<RestoredSection<Entry>> {
  const configs = restored.map(({ config }) => config)
  const plugs = new Map(types.map((known) => [known.type, known]))
  const { refusesProxied } = compileEgress(egress)
  const findings = [
    ...restored.flatMap((one) => one.findings),
    ...sharedOptions(configs, plugs, ': give each its own'),
    ...(await refusedHosts(configs, refusesProxied, async (type) => plugs.get(type))),
  ]
  return { configs, findings }
}
