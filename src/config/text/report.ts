import type { Problem } from '../../core/errors.ts'
import { type Finding, MAX_PROBLEMS, type Path, pathKey } from '../check/finding.ts'
import type { LocatedProblem } from '../config.ts'
import type { Document } from './document.ts'
import { excerptOf } from './excerpt.ts'
import type { Word } from './expand.ts'
import type { Files } from './files.ts'

/** What must not be shown, and what is shown in its place. */
export interface Disclosure {
  /** The file's text with its secrets hidden. */
  readonly hiddenText: string
  readonly words: readonly Word[]
}

/** Findings as problems with their places, in the order of the file. */
export function locate(
  findings: readonly Finding[],
  document: Document,
  disclosure: Disclosure,
): LocatedProblem[] {
  const conceal = concealing(disclosure.words)
  const placed = findings.map((finding) => ({ ...finding, offset: offsetOf(finding, document) }))
  const sorted = placed.toSorted((a, b) => a.offset - b.offset)
  return firstOf(sorted, ({ path, message, isFixed = false, offset }) => ({
    path: document.shownPath(path).join('.'),
    message: isFixed ? message : conceal(message, path),
    ...document.positionAt(offset),
    excerpt: excerptOf(disclosure.hiddenText, offset),
  }))
}

/** The same of the files of a plan. Where some cannot be read, nothing is said that could hang on what they hold. */
export function locateAll(
  findings: readonly Finding[],
  files: Files,
  disclosure: Disclosure,
): LocatedProblem[] {
  const isSure = (finding: Finding) => !mayBeElsewhere(finding, files)
  const sure = files.faults.length === 0 ? findings : findings.filter(isSure)
  return [...files.faults, ...locate(sure, files, disclosure)]
}

/** Whether it is about a section that is not here, or about a name in a list of them. */
function mayBeElsewhere({ path }: Finding, { placeOf }: Files): boolean {
  if (path.length === 1) return placeOf(path)?.path.length !== 1
  return ['to', 'from'].includes(path.at(-2) ?? '')
}

/** As problems, no more of them than help. */
export function firstOf<Placed, Shown extends Problem>(
  sorted: readonly Placed[],
  show: (one: Placed) => Shown,
): Shown[] {
  const problems = sorted.slice(0, MAX_PROBLEMS).map(show)
  const last = problems.at(-1)
  const more = sorted.length - problems.length
  if (last === undefined || more === 0) return problems
  return [...problems, { ...last, path: '', message: `and ${more} more problems below this line` }]
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

/**
 * Messages with what may not be shown as it is written: a plug's own check may quote what it was given, and the name of a
 * sink may come from outside.
 */
export function concealing(words: readonly Word[]): (message: string, path: Path) => string {
  const entryOf = (path: Path) => pathKey(path.slice(0, 2))
  const byEntry = new Map<string, Map<string, Word>>()
  for (const word of words) {
    const entry = entryOf(word.path)
    // A value may stand there many times.
    const known = byEntry.get(entry) ?? new Map<string, Word>()
    byEntry.set(entry, known.set(JSON.stringify([word.value, word.shown]), word))
  }
  return (message, path) => {
    return concealAll(message, [...(byEntry.get(entryOf(path))?.values() ?? [])])
  }
}

/** The message with what may not be shown as it is written in the file. */
export function concealAll(message: string, words: readonly Word[]): string {
  // The longest first, as one may hold another.
  return words.toSorted((a, b) => b.value.length - a.value.length).reduce(concealWord, message)
}

/** The same of a text that may have been cut, as a receiver's long answer is: in the middle of a secret even. */
export function concealCut(text: string, words: readonly Word[]): string {
  return words.reduce(concealEnd, concealAll(text, words))
}

function concealEnd(text: string, { value, shown }: Word): string {
  for (let length = value.length - 1; length >= SHORTEST_END; length--) {
    if (text.endsWith(value.slice(0, length))) return text.slice(0, -length) + shown
  }
  return text
}

/** What is shorter may be a word of every day, and gives little away. */
const SHORTEST_END = 4

/** A short word only in quotes: elsewhere it might be part of another. */
function concealWord(message: string, { value, shown }: Word): string {
  if (value === '') return message
  const quoted = message.replaceAll(JSON.stringify(value), () => JSON.stringify(shown))
  return value.length > 3 ? quoted.replaceAll(value, () => shown) : quoted
}
