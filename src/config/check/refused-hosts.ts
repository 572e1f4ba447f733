import type { EgressRules } from '../../core/egress/rules.ts'
import type { JsonObject } from '../../core/event.ts'
import type { Destination, SinkType, SourceType } from '../../core/plugin.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import { findingsWithin } from '../text/dotted.ts'
import { beneath, type Finding } from './finding.ts'

type PlugType = SourceType | SinkType

/** Hosts in plugs' options that can never be reached by the rules. Paths begin with an entry's name. */
export async function refusedHosts(
  entries: readonly (SourceConfig | SinkConfig)[],
  refuses: EgressRules['refusesHost'],
  resolve: (type: string) => Promise<PlugType | undefined>,
): Promise<Finding[]> {
  const checking = entries.map(async ({ name, type, options }) => {
    const problems = destinationsOf(await resolve(type), options).flatMap(({ path, host }) => {
      const refusal = refuses(host)
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
