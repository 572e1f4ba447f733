import type { SinkConfig } from '../config.ts'
import type { Finding } from './finding.ts'
import type { Plug } from './shape.ts'

/** Options that no two sinks of a type may share: what is said of the later one. Paths begin with a sink's name. */
export function sharedOptions(
  sinks: readonly SinkConfig[],
  plugs: ReadonlyMap<string, Plug>,
): Finding[] {
  const owners = new Map<string, string>()
  return sinks.flatMap(({ name, type, options }) => {
    const option = plugs.get(type)?.unique
    if (option === undefined) return []
    const key = JSON.stringify([type, options[option]])
    const owner = owners.get(key)
    owners.set(key, owner ?? name)
    if (owner === undefined) return []
    const message = `is the ${option} of ${owner} too: give each sink its own`
    return [{ path: [name, option], message }]
  })
}
