import type { Outcome } from './group-commit.ts'
import type { SqliteDriver } from './sqlite/driver.ts'
import type { Answers, Asks, Statements } from './sqlite.ts'
import { faultOf } from './sqlite-errors.ts'

type Name = keyof Asks
type CallOf<K extends Name> = { [P in K]: { readonly name: P; readonly ask: Asks[P] } }[K]

/** One question to the database, as it travels to the thread that owns the connection. */
export type Call = CallOf<Name>
export type Answer = Answers[Name]

/** Asks the database, wherever it lives. */
export type Ask = <K extends Name>(name: K, ask: Asks[K]) => Promise<Answers[K]>

/** Types the answers of `send`, which crosses to a thread: the name vouches for the question and for the answer. */
export function askBy(send: (call: Call) => Promise<Answer>): Ask {
  return async <K extends Name>(name: K, ask: Asks[K]) =>
    (await send({ name, ask } as Call)) as Answers[K]
}

/**
 * Answers a batch in one transaction. Where that fails by the fault of one call, or by a damaged page that one reads, each
 * has a transaction of its own, so that only that one fails; where the database itself fails, all of them do.
 */
export function answerAll(
  db: SqliteDriver,
  statements: Statements,
  calls: readonly Call[],
): readonly Outcome<Answer>[] {
  try {
    return db.transaction(() => calls.map((call) => ({ answer: answer(statements, call) })))
  } catch (error) {
    const fault = faultOf(error)
    if (calls.length > 1 && fault !== 'database') {
      return calls.flatMap((call) => answerAll(db, statements, [call]))
    }
    return calls.map(() => ({ error, refused: fault === 'call' }))
  }
}

function answer<K extends Name>(statements: Statements, call: CallOf<K>): Answers[K] {
  return statements[call.name](call.ask)
}
