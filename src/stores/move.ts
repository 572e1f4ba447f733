/** What a store holds, in the order in which it is moved into another. */
export const KINDS = [
  'events',
  'identities',
  'pending',
  'delivered',
  'dead',
  'attempts',
  'pauses',
  'audit',
] as const

export type Kind = (typeof KINDS)[number]

/** How much there is of one kind. Whatever a gateway does to it changes the count or the sum. */
export interface Measure {
  readonly kind: Kind
  readonly count: number
  readonly sum: string
}

export interface Contents {
  /** One a kind, in their order. */
  readonly measures: readonly Measure[]
  /** The last numbers that were given, maybe to what is gone. */
  readonly last: { readonly event: number; readonly delivery: number; readonly audit: number }
}

/** By the names of the target's columns. */
export type Row = Readonly<Record<string, unknown>>

/** A store that nobody changes meanwhile. */
export interface MoveSource {
  readonly contents: Contents
  /** Of one kind without its first ones, in an order that is the same each time. */
  rows(kind: Kind, skip: number): Iterable<Row>
  /** Every sink that was ever owed anything. */
  readonly sinks: readonly string[]
}

export interface MoveTarget {
  /**
   * Makes it ready for these contents. Resolves to how many rows of them it has; rejects where it has anything else.
   * Ended long ago, it may have had a life of its own since.
   */
  begin(contents: Contents): Promise<{ readonly done: number; readonly endedAt: number | null }>
  /** Adds them where exactly `done` rows are there, all or none; rejects where that is not so. */
  append(kind: Kind, rows: readonly Row[], done: number): Promise<void>
  /** Once all rows are there: counts them, and is ready for use where they are whole. */
  end(source: Pick<MoveSource, 'contents' | 'sinks'>): Promise<Moved>
}

export interface MoveOptions {
  /** How many rows are there, in all; the first time, before any is added. */
  readonly progress: (done: number) => void
  /** Ends it after the batch in hand: it rejects with the signal's reason. */
  readonly signal: AbortSignal
  readonly batchRows?: number
}

/** Enough for a statement to be worth its way; an event alone may have a megabyte. */
const BATCH_ROWS = 2000
const BATCH_CHARS = 4 * 1024 * 1024

/** What is there now; or when it was found to be all there was, Unix milliseconds, some time ago. */
export type Moved = Counted | { readonly endedAt: number }

export interface Counted {
  readonly measures: readonly Measure[]
  /** Whether it is all there was, and nothing else. */
  readonly isWhole: boolean
  /** How many events came otherwise: with later numbers than the source had given. */
  readonly added: number
}

/** Moves all of a store into an empty one, or what is left of it where that was begun before. */
export async function move(
  source: MoveSource,
  target: MoveTarget,
  { progress, signal, batchRows = BATCH_ROWS }: MoveOptions,
): Promise<Moved> {
  const { contents } = source
  const begun = await target.begin(contents)
  if (begun.endedAt !== null) return { endedAt: begun.endedAt }
  let { done } = begun
  progress(done)
  for (const { kind, skip } of left(contents.measures, done)) {
    for (const rows of batches(source.rows(kind, skip), batchRows)) {
      signal.throwIfAborted()
      await target.append(kind, rows, done)
      done += rows.length
      progress(done)
    }
  }
  return target.end(source)
}

export function totalOf(measures: readonly Measure[]): number {
  return measures.reduce((total, { count }) => total + count, 0)
}

/** The kinds that are not there yet in full, and how many rows of each are. */
function* left(measures: readonly Measure[], done: number): Iterable<{ kind: Kind; skip: number }> {
  let before = 0
  for (const { kind, count } of measures) {
    const skip = Math.max(0, done - before)
    before += count
    if (skip < count) yield { kind, skip }
  }
}

function* batches(rows: Iterable<Row>, most: number): Iterable<readonly Row[]> {
  let batch: Row[] = []
  let chars = 0
  for (const row of rows) {
    batch.push(row)
    chars += charsOf(row)
    if (batch.length < most && chars < BATCH_CHARS) continue
    yield batch
    batch = []
    chars = 0
  }
  if (batch.length > 0) yield batch
}

function charsOf(row: Row): number {
  let chars = 0
  for (const value of Object.values(row)) chars += typeof value === 'string' ? value.length : 0
  return chars
}
