import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json } from '../../core/event.ts'
import type { Finding, Path } from '../check/finding.ts'
import type { Place } from './document.ts'

/** How much aliases may add, in values: a bomb of them would otherwise unfold without end. */
const MAX_FROM_ALIASES = 100_000
const MAX_DEPTH = 64

interface Reading {
  readonly places: Place[]
  readonly findings: Finding[]
  readonly anchors: Map<string, Node>
  /** The nodes that are being read: an alias to one of them has no end. */
  readonly open: Set<Node>
  /** Above 0 within what an alias stands for. */
  aliasDepth: number
  fromAliases: number
}

interface Entry {
  readonly name: string
  readonly keyFrom: number | undefined
  /** Where its key or its neighbour ends; undefined where it is borrowed from elsewhere in the text. */
  readonly after: number | undefined
  readonly node: unknown
  /** It comes from elsewhere, by an alias or by `<<`. */
  readonly borrowed?: boolean
}

/** A YAML node as JSON. Never throws; what JSON cannot say is null and a finding. */
export function readNode(node: unknown): Pick<Reading, 'places' | 'findings'> & { value: Json } {
  const reading: Reading = {
    places: [],
    findings: [],
    anchors: new Map(),
    open: new Set(),
    aliasDepth: 0,
    fromAliases: 0,
  }
  const value = read({ name: '', keyFrom: undefined, after: undefined, node }, [], reading)
  return { value, places: reading.places, findings: reading.findings }
}

function read(entry: Entry, path: Path, reading: Reading): Json {
  const { node, borrowed = false } = entry
  if (isAlias(node)) return readAlias(node, entry, path, reading)
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null
  if (borrowed) reading.aliasDepth++
  const value = isAllowed(path, reading) ? readOwn(node, entry, path, reading) : null
  if (borrowed) reading.aliasDepth--
  return value
}

/** What it stands for has a place as well, which comes later and so counts as that of the path. */
function readAlias(node: Alias, entry: Entry, path: Path, reading: Reading): Json {
  const target = follow(node, path, reading)
  if (!target || reading.aliasDepth === 0) {
    reading.places.push(placeOf(node, 'alias', entry, path))
  }
  if (!target) return null
  return read({ ...entry, after: undefined, node: target, borrowed: true }, path, reading)
}

function readOwn(
  node: Scalar | YAMLMap | YAMLSeq,
  entry: Entry,
  path: Path,
  reading: Reading,
): Json {
  if (node.anchor) reading.anchors.set(node.anchor, node)
  const kind = isScalar(node) ? 'scalar' : isMap(node) ? 'object' : 'list'
  reading.places.push(placeOf(node, kind, entry, path))
  if (isScalar(node)) return readScalar(node.value, path, reading)
  return within(node, reading, () =>
    isMap(node) ? readMap(node, path, reading) : readSeq(node, path, reading),
  )
}

function placeOf(
  node: Node,
  kind: Place['kind'],
  { keyFrom, after, borrowed = false }: Entry,
  path: Path,
): Place {
  const [from, to] = node.range ?? [0, 0]
  const source = isScalar(node) ? (node.source ?? '') : ''
  return { path, keyFrom, after: borrowed ? from : (after ?? from), from, to, kind, source }
}

function within<T>(node: Node, reading: Reading, work: () => T): T {
  reading.open.add(node)
  const result = work()
  reading.open.delete(node)
  return result
}

function follow(alias: Alias, path: Path, reading: Reading): Node | undefined {
  const target = reading.anchors.get(alias.source)
  if (target && !reading.open.has(target)) return target
  // Neither names it: it may be a password that lacks its quotes.
  const message = target
    ? 'this alias stands within what it stands for'
    : 'nothing above has the & mark of this alias; a text that begins with * needs quotes'
  reading.findings.push({ path, message })
  return undefined
}

function isAllowed(path: Path, reading: Reading): boolean {
  if (path.length > MAX_DEPTH) {
    reading.findings.push({ path, message: `is nested deeper than ${MAX_DEPTH} levels` })
    return false
  }
  return reading.aliasDepth === 0 || spend(1, path, reading)
}

/** Whether aliases may still add that much. Says once that they may not. */
function spend(amount: number, path: Path, reading: Reading): boolean {
  if (reading.fromAliases > MAX_FROM_ALIASES) return false
  reading.fromAliases += amount
  if (reading.fromAliases <= MAX_FROM_ALIASES) return true
  reading.findings.push({ path, message: 'unfolds to too much: use fewer aliases' })
  return false
}

function readScalar(value: unknown, path: Path, reading: Reading): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  reading.findings.push({ path, message: 'must be a finite number' })
  return null
}

function readSeq(seq: YAMLSeq, path: Path, reading: Reading): Json {
  let after = seq.range?.[0]
  return seq.items.map((node, index) => {
    const entry = { name: '', keyFrom: undefined, after, node }
    if (isNode(node)) after = node.range?.[1]
    return read(entry, [...path, String(index)], reading)
  })
}

function readMap(map: YAMLMap, path: Path, reading: Reading): Json {
  const entries = entriesOf(map, path, reading).map((entry) => {
    return [entry.name, read(entry, [...path, entry.name], reading)] as const
  })
  return Object.fromEntries(entries)
}

/** A map's own entries, and those merged by `<<` whose keys it has not. */
function entriesOf(map: YAMLMap, path: Path, reading: Reading): Entry[] {
  const entries = ownEntries(map, path, reading)
  const names = new Set<string>()
  for (const { name } of entries) {
    if (names.has(name)) {
      reading.findings.push({ path: [...path, name], message: 'duplicate key', onKey: true })
    }
    names.add(name)
  }
  for (const { key, value } of map.items) {
    if (isMergeKey(key)) entries.push(...mergedEntries(value, names, path, reading))
  }
  return entries
}

function ownEntries(map: YAMLMap, path: Path, reading: Reading): Entry[] {
  return map.items.flatMap(({ key, value: node }): Entry[] => {
    if (isMergeKey(key)) return []
    if (isScalar(key)) {
      const [keyFrom, after] = key.range ?? []
      return [{ name: key.source ?? String(key.value), keyFrom, after, node }]
    }
    reading.findings.push({ path, message: 'has a key that is not a plain text' })
    return []
  })
}

/** Those of `value` that `names` lacks; they are added to it. */
function mergedEntries(value: unknown, names: Set<string>, path: Path, reading: Reading): Entry[] {
  const source = isAlias(value) ? follow(value, path, reading) : value
  if (source === undefined) return []
  if (isSeq(source)) {
    return within(source, reading, () =>
      source.items.flatMap((item) => mergedEntries(item, names, path, reading)),
    )
  }
  if (!isMap(source)) {
    reading.findings.push({ path, message: '<< takes an alias of an object, or a list of them' })
    return []
  }
  if (!spend(source.items.length, path, reading)) return []
  const entries = within(source, reading, () => entriesOf(source, path, reading))
  const missing = entries.filter(({ name }) => !names.has(name))
  for (const { name } of missing) names.add(name)
  return missing.map((entry) => ({ ...entry, borrowed: true }))
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
}
