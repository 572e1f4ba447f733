/** A problem on its way to its place in the file: its path is still in parts, for a name may hold a dot. */
export interface Finding {
  readonly path: Path
  readonly message: string
  /** It is the key that is wrong, not its value. */
  readonly onKey?: boolean
  /** Nothing in the message is from the file, so that nothing in it has to be concealed. */
  readonly isFixed?: boolean
}

/** How many are shown: more would help nobody. */
export const MAX_PROBLEMS = 1000

export type Path = readonly string[]

/** A path as the key of a Map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/** For a path within what `base` leads to. */
export function beneath(base: Path, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, path: [...base, ...finding.path] }))
}

/** Without those that follow from `causes`: what is said of a value that could not be read or expanded. */
export function withoutEffects(
  findings: readonly Finding[],
  causes: readonly Finding[],
): readonly Finding[] {
  const broken = new Set(causes.flatMap(({ path, onKey }) => (onKey ? [] : [pathKey(path)])))
  const follows = ({ path }: Finding) =>
    path.some((_, depth) => broken.has(pathKey(path.slice(0, depth + 1))))
  return findings.filter((finding) => !follows(finding))
}

/** A JSON pointer in parts. */
export function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
