import type { Path } from '../check/finding.ts'
import type { Position } from './document.ts'

/** One of the files that a plan is made of, as far as what is said of it needs to know. */
export interface Part {
  /** What people call it: `routes.yaml`, `routes.d/finance.yaml`. */
  readonly name: string
  /** The index of its first route among those of all files. */
  readonly routesFrom: number
}

/** A path into the whole as one into its file. */
export function shownPath(path: Path, parts: readonly Part[]): Path {
  const [section = '', index, ...rest] = path
  if (parts.some(({ name }) => name === section)) return path.slice(1)
  if (section !== 'routes' || index === undefined) return path
  const from = parts.findLast(({ routesFrom }) => routesFrom <= Number(index))?.routesFrom ?? 0
  return [section, String(Number(index) - from), ...rest]
}

/** `routes.d/finance.yaml:12:5` */
export function placeText({ file, line, column }: Position): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}
