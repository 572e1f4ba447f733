/** A problem on its way to its place in the file: its path is still in parts, for a name may hold a dot. */
export interface Finding {
  readonly path: Path
  readonly message: string
  /** It is the key that is wrong, not its value. */
  readonly onKey?: boolean
}

export type Path = readonly string[]

/** A path as the key of a Map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/** For a path within what `base` leads to. */
export function beneath(base: Path, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, path: [...base, ...finding.path] }))
}

/** A JSON pointer in parts. */
export function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
