import type { Row } from '../rows.ts'

export type SqlValue = string | number | null

/** What the statements need of an engine. Everything is synchronous. */
export interface SqliteDriver {
  rows(sql: string, ...values: readonly SqlValue[]): readonly Row[]
  /** Row by row, for those that may be too large to hold all of them: what is not taken is not read. */
  each(sql: string, ...values: readonly SqlValue[]): Iterable<Row>
  run(sql: string, ...values: readonly SqlValue[]): void
  /** Of one row; gives its rowid. */
  insert(sql: string, ...values: readonly SqlValue[]): number
  /** Commits when `work` returns; when it throws, nothing has changed. */
  transaction<T>(work: () => T): T
  /** Absent where the platform keeps the file, and its size. */
  readonly file?: SqliteFile
}

export interface SqliteFile {
  /** From 0 to 1: how much of it is unused. */
  freeShare(): number
  /** Gives up to so many unused pages at its end back to the disk, with the running transaction. */
  shrink(pages: number): void
  /** Once the running transaction is committed, it gets the size that it should have. */
  foldLog(): void
}

/** Within a transaction it also counts, for the tallies, what becomes pending or dead, and what ceases to be. */
export interface TallyingDriver extends SqliteDriver {
  tally(sink: string, pending: number, dead: number): void
}

interface Tally {
  pending: number
  dead: number
}

/** The tallies are written once a transaction: a write for each delivery would be a fifth of the outbox's work. */
export function tallying(driver: SqliteDriver): TallyingDriver {
  const tallies = new Map<string, Tally>()
  return {
    ...driver,
    tally(sink, pending, dead) {
      const tally = tallies.get(sink)
      if (tally) {
        tally.pending += pending
        tally.dead += dead
      } else tallies.set(sink, { pending, dead })
    },
    transaction: (work) =>
      driver.transaction(() => {
        tallies.clear() // What a transaction that failed has counted.
        const result = work()
        for (const [sink, tally] of tallies) write(driver, sink, tally)
        return result
      }),
  }
}

function write(driver: SqliteDriver, sink: string, { pending, dead }: Tally): void {
  if (pending === 0 && dead === 0) return
  driver.run(
    `INSERT INTO tallies (sink, pending, dead) VALUES (?1, ?2, ?3)
     ON CONFLICT DO UPDATE SET pending = pending + ?2, dead = dead + ?3`,
    ...[sink, pending, dead],
  )
}
