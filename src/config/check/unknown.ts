import { isObject, type Json } from '../../core/event.ts'
import { type Finding, type Path, pathKey, withoutEffects } from './finding.ts'

/**
 * What is wrong with a value of which some parts are not known yet, whatever they will be. Such a part is there as its
 * reference (`${VAR}`), which need not look like what it stands for. So nothing counts that is said of it or of the whole
 * (as by a plug's check that throws), and elsewhere only what is said without that part as well.
 */
export function certainFindings(
  value: Json,
  unknown: readonly Path[],
  findingsOf: (value: Json) => readonly Finding[],
): readonly Finding[] {
  if (unknown.length === 0) return findingsOf(value)
  const keys = new Set(unknown.map(pathKey))
  const known = without(value, keys, [])
  const said = findingsOf(value)
  const still = new Set(findingsOf(known).map(keyOf))
  return withoutUnknown(said, unknown).filter((finding) => {
    return isKeyOf(keys, finding) || (finding.path.length > 0 && still.has(keyOf(finding)))
  })
}

/** Without those that are about something unknown. Its key is known. */
export function withoutUnknown(
  findings: readonly Finding[],
  unknown: readonly Path[],
): readonly Finding[] {
  const causes = unknown.map((path) => ({ path, message: '' }))
  const certain = new Set(withoutEffects(findings, causes))
  const keys = new Set(unknown.map(pathKey))
  return findings.filter((finding) => certain.has(finding) || isKeyOf(keys, finding))
}

function isKeyOf(keys: ReadonlySet<string>, { path, onKey = false }: Finding): boolean {
  return onKey && keys.has(pathKey(path))
}

/** Without those that are about a condition of a route's `match` which holds something unknown. */
export function withoutAroundUnknown(
  findings: readonly Finding[],
  unknown: readonly Path[],
): readonly Finding[] {
  const conditions = unknown.filter(([section, , option]) => {
    return section === 'routes' && option === 'match'
  })
  const around = new Set(
    conditions.flatMap((path) => path.map((_, depth) => pathKey(path.slice(0, depth)))),
  )
  return findings.filter(({ path }) => path.length < 4 || !around.has(pathKey(path)))
}

function keyOf({ path, message }: Finding): string {
  return JSON.stringify([path, message])
}

/** A copy without what these paths lead to. */
function without(value: Json, left: ReadonlySet<string>, path: Path): Json {
  const stays = (key: string) => !left.has(pathKey([...path, key]))
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      stays(String(index)) ? [without(item, left, [...path, String(index)])] : [],
    )
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key]) => stays(key))
  return Object.fromEntries(
    entries.map(([key, item]) => [key, without(item, left, [...path, key])]),
  )
}
