import type { Backlog } from './ledger.ts'
import { didYouMean } from './suggest.ts'

/** The sinks of routes.yaml in its order, then the others that are owed something or have dead letters. */
export function sinkNames(
  configured: Iterable<string>,
  backlogs: readonly Backlog[],
): readonly string[] {
  return [...new Set([...configured, ...backlogs.map(({ sink }) => sink)])]
}

/** What is wrong with a name that none of the sinks has. */
export function noSuchSink(name: string, sinks: readonly string[]): string {
  const hint =
    didYouMean(name, sinks) || (sinks.length > 0 ? `; there are ${sinks.join(', ')}` : '')
  return `there is no sink "${name}"${hint}`
}
