import { Type } from '@sinclair/typebox'
import { compileEgress, type EgressOptions, parseRule } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { Destination, SinkType, SourceType } from '../../core/plugin.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { findingsWithin } from '../text/dotted.ts'
import { beneath, type Finding } from './finding.ts'

const rules = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ examples: ['10.0.0.0/8', 'hooks.example.com', '*.example.com'] }), {
      description,
      maxItems: 10_000,
    }),
  )

export const egressSchema = Type.Object(
  {
    allow: rules(
      'Nothing else may be reached: addresses, CIDRs, host names, *.suffix. Without it, everything but link-local, cloud metadata, multicast and broadcast addresses.',
    ),
    deny: rules('What may not be reached, even where allow names it.'),
  },
  { additionalProperties: false, description: 'Where the gateway may connect to.' },
)

/** The rules as the file has them. */
export function egressOf(written: Json | undefined): EgressOptions {
  if (!isObject(written)) return {}
  const [allow, deny] = [textsIn(written.allow), textsIn(written.deny)]
  return { ...(allow && { allow }), ...(deny && { deny }) }
}

function textsIn(list: Json | undefined): string[] | undefined {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : undefined
}

/** What their schema cannot say of the rules. */
export function checkEgress(written: Json | undefined): Finding[] {
  if (!isObject(written)) return []
  return ['allow', 'deny'].flatMap((list) => {
    const entries = written[list]
    return (Array.isArray(entries) ? entries : []).flatMap((text, index): Finding[] => {
      const rule = typeof text === 'string' ? parseRule(text) : undefined
      return typeof rule === 'string' ? [{ path: [list, String(index)], message: rule }] : []
    })
  })
}

type PlugType = SourceType | SinkType

/** Hosts in plugs' options that the rules refuse whatever their addresses are. Paths begin with an entry's name. */
export async function refusedHosts(
  entries: readonly (SourceConfig | SinkConfig)[],
  egress: EgressOptions,
  resolve: (type: string) => Promise<PlugType | undefined>,
): Promise<Finding[]> {
  const { refusesHost } = compileEgress(egress)
  const checking = entries.map(async ({ name, type, options }) => {
    const problems = destinationsOf(await resolve(type), options).flatMap(({ path, host }) => {
      const refusal = refusesHost(host)
      if (refusal === undefined) return []
      return [{ path, message: `is refused by the egress rules: ${refusal.reason}` }]
    })
    return beneath([name], findingsWithin(options, problems))
  })
  return (await Promise.all(checking)).flat()
}

/** A plugin's own function may throw; then its hosts are checked when it connects. */
function destinationsOf(type: PlugType | undefined, options: JsonObject): readonly Destination[] {
  try {
    return type?.destinations?.(options) ?? []
  } catch {
    return []
  }
}
