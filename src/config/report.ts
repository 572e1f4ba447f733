import type { LocatedProblem } from './config.ts'
import type { Document } from './document.ts'
import { excerptOf } from './excerpt.ts'
import { type Finding, type Path, pathKey } from './finding.ts'

/** More would help nobody. */
const MAX_PROBLEMS = 1000

/** What must not be shown, and what is shown in its place. */
export interface Disclosure {
  /** The file's text with its secrets hidden. */
  readonly hiddenText: string
  /** By a value that may have found its way into a message. */
  readonly written: ReadonlyMap<string, string>
}

/** Findings as problems with their places, in the order of the file. */
export function locate(
  findings: readonly Finding[],
  document: Document,
  { hiddenText, written }: Disclosure,
): LocatedProblem[] {
  const conceal = concealing(written)
  const placed = findings.map((finding) => ({ ...finding, offset: offsetOf(finding, document) }))
  const shown = placed.toSorted((a, b) => a.offset - b.offset).slice(0, MAX_PROBLEMS)
  const problems = shown.map(({ path, message, offset }) => ({
    path: path.join('.'),
    message: conceal(message),
    ...document.positionAt(offset),
    excerpt: excerptOf(hiddenText, offset),
  }))
  const last = problems.at(-1)
  if (last === undefined || shown.length === placed.length) return problems
  const more = placed.length - shown.length
  return [...problems, { ...last, path: '', message: `and ${more} more problems below this line` }]
}

/** Without those that follow from `causes`: what is said of a value that could not be read or expanded. */
export function withoutEffects(
  findings: readonly Finding[],
  causes: readonly Finding[],
): readonly Finding[] {
  const broken = new Set(causes.map(({ path }) => pathKey(path)))
  const follows = ({ path }: Finding) =>
    path.some((_, depth) => broken.has(pathKey(path.slice(0, depth + 1))))
  return findings.filter((finding) => !follows(finding))
}

/** What is missing is shown where it should be: at the key of what lacks it. */
function offsetOf({ path, onKey = false }: Finding, document: Document): number {
  const place = document.placeOf(path)
  if (place === undefined) return 0
  const isThere = isSame(place.path, path)
  return isThere && !onKey ? place.from : (place.keyFrom ?? place.from)
}

function isSame(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index])
}

/** Values from outside are named as the file names them. Short ones only in quotes: they might be part of a word. */
function concealing(written: ReadonlyMap<string, string>): (message: string) => string {
  const pairs = [...written].flatMap(([value, text]) => [
    [JSON.stringify(value), JSON.stringify(text)] as const,
    ...(value.length > 3 ? [[value, text] as const] : []),
  ])
  pairs.sort(([a], [b]) => b.length - a.length)
  return (message) =>
    pairs.reduce((shown, [value, text]) => shown.replaceAll(value, () => text), message)
}
