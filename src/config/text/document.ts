import { LineCounter, parseDocument, type YAMLError } from 'yaml'
import { ConfigError } from '../../core/errors.ts'
import type { Json } from '../../core/event.ts'
import { type Finding, type Path, pathKey } from '../check/finding.ts'
import type { LocatedProblem } from '../config.ts'
import { excerptOf, hideAllValues } from './excerpt.ts'
import { readNode } from './yaml-node.ts'

/** A value as it is written. */
export interface WrittenPlace {
  readonly path: Path
  /** A scalar, quotes and escapes undone; empty for all else. */
  readonly source: string
}

/** Where a value stands in the text, as offsets. */
export interface Place extends WrittenPlace {
  /** Where its key begins, where it has one. */
  readonly keyFrom: number | undefined
  /** Where what stands before it ends, its key or its neighbour: its anchor comes between the two, and comments. */
  readonly after: number
  readonly from: number
  readonly to: number
  readonly kind: 'scalar' | 'list' | 'object' | 'alias'
}

/** A YAML text as JSON, with every value's place. */
export interface Document {
  readonly text: string
  /** As written: no reference is expanded yet. */
  readonly value: Json
  /** Every value, those of duplicate keys too, in the order of the file. */
  readonly places: readonly Place[]
  /** What JSON cannot say: duplicate keys, endless aliases, NaN. */
  readonly findings: readonly Finding[]
  /** The place of a value, or of the nearest one around it. */
  placeOf(path: Path): Place | undefined
  positionAt(offset: number): Position
  /** A path as the author counts: a route's index is that of its file. */
  shownPath(path: Path): Path
}

/** Both from 1. */
export interface Position {
  /** Where there may be several. */
  readonly file?: string
  readonly line: number
  readonly column: number
}

/** A megabyte holds ten thousand routes. */
const MAX_CHARACTERS = 4 * 1024 * 1024

/** Throws ConfigError with what is wrong with the YAML itself. */
export function readDocument(text: string): Document {
  if (text.length > MAX_CHARACTERS) throw tooLarge(text)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    schema: 'core',
    resolveKnownTags: false,
    // Looks at every pair of keys; ours (yaml-node.ts) does not.
    uniqueKeys: false,
  })
  const positionAt = positionsOf(lines)
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) throw new ConfigError(faultProblems(text, faults, positionAt))
  const { value, places, findings } = readNode(document.contents)
  return {
    ...{ text, value, places, findings },
    placeOf: findingPlaces(places),
    positionAt,
    shownPath: (path) => path,
  }
}

/** `placeOf` among these places. Of several with one path the last counts. */
export function findingPlaces(places: readonly Place[]): Document['placeOf'] {
  let byPath: ReadonlyMap<string, Place> | undefined
  return function placeOf(path): Place | undefined {
    byPath ??= new Map(places.map((place) => [pathKey(place.path), place]))
    return byPath.get(pathKey(path)) ?? (path.length > 0 ? placeOf(path.slice(0, -1)) : undefined)
  }
}

function positionsOf(lines: LineCounter): (offset: number) => Position {
  return (offset) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

function tooLarge(text: string): ConfigError {
  const message = `is too large: ${text.length} characters, where ${MAX_CHARACTERS} are allowed`
  return new ConfigError([{ path: '', message }])
}

/** What follows many faults follows from them. */
const MAX_FAULTS = 100

/** One fault a line: the parser's later ones on a line follow from its first. */
function faultProblems(
  text: string,
  faults: readonly YAMLError[],
  positionAt: (offset: number) => Position,
): LocatedProblem[] {
  const problems = new Map<number, LocatedProblem>()
  for (const fault of faults.toSorted((a, b) => a.pos[0] - b.pos[0]).slice(0, MAX_FAULTS)) {
    const position = positionAt(fault.pos[0])
    if (problems.has(position.line)) continue
    const excerpt = excerptOf(text, fault.pos[0], hideAllValues)
    problems.set(position.line, { path: '', message: sentence(fault), ...position, excerpt })
  }
  return [...problems.values()]
}

/** The parser's own words, but where they would quote the text, which may be a secret, or help nobody. */
function sentence({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'must be one YAML document: remove what follows the ---'
  if (code === 'RESOURCE_EXHAUSTION') return 'is nested too deeply'
  return message.replace(/(?<=\S): .*$/s, '').replace(/(?<=escape sequence) .*$/s, '')
}
