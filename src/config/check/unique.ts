import type { SinkConfig, SourceConfig } from '../config.ts'
import type { Finding } from './finding.ts'
import type { Plug } from './shape.ts'

const ADVICE = {
  sources: ', and Feishu gives each event to only one of the two: keep one of them',
  sinks: ': give each sink its own',
} as const

/** Options that no two entries of a type may share: what is said of the later one. Paths begin with an entry's name. */
export function sharedOptions(
  section: keyof typeof ADVICE,
  entries: readonly (SinkConfig | SourceConfig)[],
  plugs: ReadonlyMap<string, Pick<Plug, 'unique'>>,
): Finding[] {
  const owners = new Map<string, string>()
  return entries.flatMap(({ name, type, options }) => {
    const option = plugs.get(type)?.unique
    if (option === undefined) return []
    const key = JSON.stringify([type, options[option]])
    const owner = owners.get(key)
    owners.set(key, owner ?? name)
    if (owner === undefined) return []
    return [{ path: [name, option], message: `is the ${option} of ${owner} too${ADVICE[section]}` }]
  })
}
