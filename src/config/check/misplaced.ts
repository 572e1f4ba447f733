import type { Finding, Path } from './finding.ts'
import { sinkSchema, sourceSchemaOf } from './options.ts'

/** Options that all entries have, which the build needs to know. */
const SHARED: Readonly<Record<string, object>> = {
  sources: sourceSchemaOf(undefined).properties,
  sinks: sinkSchema.properties,
}

const message = 'must be written out: variables are known only where the worker runs'

/** References in anything but what a source's or a sink's type alone understands, and `match`. */
export function misplaced(unknown: readonly Path[]): Finding[] {
  return unknown.filter((path) => !isInPlace(path)).map((path) => ({ path, message }))
}

function isInPlace([section = '', , option]: Path): boolean {
  if (section === 'routes') return option === 'match'
  const shared = SHARED[section]
  return shared !== undefined && option !== undefined && !Object.hasOwn(shared, option)
}
