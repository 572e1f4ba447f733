import { ConfigError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import { type Finding, type Path, pathKey } from '../check/finding.ts'
import type { LocatedProblem } from '../config.ts'
import { type Document, findingPlaces, type Place, readDocument } from './document.ts'
import { type Part, placeText, shownPath } from './parts.ts'

/** One of the texts that a plan is made of. */
export interface TextFile {
  /** What people call it: `routes.yaml`, `routes.d/finance.yaml`. */
  readonly name: string
  readonly text: string
}

/**
 * routes.yaml and the files of routes.d as the one document that a plan is made of: their texts one after the other, the
 * sinks of all in one object, the routes of all in one list. All else that stands in a file of routes.d is not in
 * `value`, and its path begins with the file's name.
 */
export interface Files extends Document {
  readonly parts: readonly Part[]
  /** What is wrong with the YAML of some of them: of those there is nothing in `value`. */
  readonly faults: readonly LocatedProblem[]
}

/** One of the files, read. */
interface ReadPart extends Part {
  readonly isTeams: boolean
  readonly document: Document
  readonly faults: readonly LocatedProblem[]
  /** Where its text begins. */
  readonly from: number
}

/** The first is routes.yaml. `checkShape` says what is wrong with the shape of any other. Never throws. */
export function readFiles(
  files: readonly TextFile[],
  checkShape: (value: Json) => readonly Finding[] = () => [],
): Files {
  const parts = readParts(files)
  const places = parts.flatMap(placesIn)
  return {
    parts: parts.map(({ name, routesFrom }) => ({ name, routesFrom })),
    faults: parts.flatMap(({ faults }) => faults),
    text: parts.map(({ document }) => document.text).join('\n'),
    value: joined(parts),
    places,
    findings: [...parts.flatMap((part) => findingsIn(part, checkShape)), ...namesTwice(parts)],
    placeOf: findingPlaces(places),
    positionAt(offset) {
      const part = parts.findLast(({ from }) => from <= offset)
      if (!part) return { line: 1, column: 1 }
      const { name, document, from } = part
      return { file: name, ...document.positionAt(offset - from) }
    },
    shownPath: (path) => shownPath(path, parts),
  }
}

function readParts(files: readonly TextFile[]): readonly ReadPart[] {
  let [from, routesFrom] = [0, 0]
  return files.map((file, index) => {
    const part = { name: file.name, isTeams: index > 0, ...read(file), from, routesFrom }
    from += part.document.text.length + 1
    routesFrom += routesIn(part).length
    return part
  })
}

function read({ name, text }: TextFile): Pick<ReadPart, 'document' | 'faults'> {
  try {
    return { document: readDocument(text), faults: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const start = { line: 1, column: 1, excerpt: '' }
    const faults = error.problems.map((problem) => ({ ...start, ...problem, file: name }))
    return { document: readDocument(''), faults }
  }
}

function routesIn({ document: { value } }: ReadPart): readonly Json[] {
  return isObject(value) && Array.isArray(value.routes) ? value.routes : []
}

function sinksIn({ document: { value } }: ReadPart): JsonObject {
  return isObject(value) && isObject(value.sinks) ? value.sinks : {}
}

/** A path into one file as one into the whole. */
function wholePath(path: Path, part: ReadPart): Path {
  const [section = '', entry, ...rest] = path
  if (!part.isTeams) return path
  if (section === 'sinks' && entry !== undefined && Object.hasOwn(sinksIn(part), entry)) {
    return path
  }
  const isRoute = section === 'routes' && entry !== undefined && routesIn(part).length > 0
  if (!isRoute) return [part.name, ...path]
  return [section, String(part.routesFrom + Number(entry)), ...rest]
}

function placesIn(part: ReadPart): readonly Place[] {
  const { from: start, document } = part
  if (!part.isTeams) return document.places
  return placesOrStart(document).map((place) => {
    const { path, keyFrom, after, from, to } = place
    return {
      ...place,
      path: wholePath(path, part),
      keyFrom: keyFrom === undefined ? undefined : start + keyFrom,
      after: start + after,
      from: start + from,
      to: start + to,
    }
  })
}

/** A text with nothing in it has a beginning all the same. */
function placesOrStart({ places }: Document): readonly Place[] {
  if (places.length > 0) return places
  const start = { keyFrom: undefined, after: 0, from: 0, to: 0 }
  return [{ path: [], ...start, kind: 'scalar', source: '' }]
}

function findingsIn(
  part: ReadPart,
  checkShape: (value: Json) => readonly Finding[],
): readonly Finding[] {
  const { document, isTeams, faults } = part
  const ofShape = isTeams && faults.length === 0 ? checkShape(document.value) : []
  const inWhole = (finding: Finding) => ({ ...finding, path: wholePath(finding.path, part) })
  return [...document.findings, ...ofShape].map(inWhole)
}

function joined(parts: readonly ReadPart[]): Json {
  const [first, ...teams] = parts
  const isBroken = (first?.faults ?? []).length > 0
  const value = isBroken ? {} : (first?.document.value ?? null)
  if (!first || teams.length === 0 || !isObject(value)) return value
  const sinks = Object.fromEntries(parts.flatMap((each) => Object.entries(sinksIn(each))))
  const routes = parts.flatMap(routesIn)
  // One that is not of its kind is there to be complained of.
  const { sinks: ownSinks = {}, routes: ownRoutes = [] } = value
  return {
    ...value,
    sinks: isObject(ownSinks) ? sinks : ownSinks,
    routes: Array.isArray(ownRoutes) ? routes : ownRoutes,
  }
}

/** Sinks and routes that are called like one in an earlier file. Two in one file are no matter of the files'. */
function namesTwice(parts: readonly ReadPart[]): Finding[] {
  const owners = new Map<string, { readonly part: ReadPart; readonly place: string }>()
  return parts.flatMap((part) =>
    namesIn(part).flatMap(({ key, path, onKey }): Finding[] => {
      const owner = owners.get(key)
      if (!owner) owners.set(key, { part, place: placeIn(part, path, onKey) })
      if (!owner || owner.part === part) return []
      const message = `is in ${owner.place} as well: give one of the two another name`
      return [{ path: wholePath(path, part), message, onKey }]
    }),
  )
}

interface Named {
  readonly key: string
  /** In the file. */
  readonly path: Path
  readonly onKey: boolean
}

function namesIn(part: ReadPart): readonly Named[] {
  const sinks = Object.keys(sinksIn(part)).map((name) => {
    return { key: pathKey(['sinks', name]), path: ['sinks', name], onKey: true }
  })
  const routes = routesIn(part).flatMap((route, index) => {
    const name = isObject(route) ? route.name : undefined
    if (typeof name !== 'string') return []
    const path = ['routes', String(index), 'name']
    return [{ key: pathKey(['routes', name]), path, onKey: false }]
  })
  return [...sinks, ...routes]
}

function placeIn({ name, document }: ReadPart, path: Path, onKey: boolean): string {
  const place = document.placeOf(path)
  const offset = (onKey ? place?.keyFrom : undefined) ?? place?.from ?? 0
  return placeText({ file: name, ...document.positionAt(offset) })
}
