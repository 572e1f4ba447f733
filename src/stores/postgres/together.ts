import type { Outcome } from '../group-commit.ts'
import { isDataError } from './errors.ts'

/** How much text, in characters, one statement carries, but for one call that alone has more. */
const MAX_CHARS = 8 * 1024 * 1024

/**
 * Writes calls together, as many at a time as a statement carries; each alone where that fails by the fault of one of
 * them, so that only the faulty one fails. `write` changes nothing when it rejects.
 */
export async function writeTogether<Call, Answer>(
  calls: readonly Call[],
  charsOf: (call: Call) => number,
  write: (calls: readonly Call[]) => Promise<readonly Answer[]>,
): Promise<readonly Outcome<Answer>[]> {
  const outcomes: Outcome<Answer>[] = []
  for (const portion of portionsOf(calls, charsOf))
    outcomes.push(...(await writePortion(portion, write)))
  return outcomes
}

function portionsOf<Call>(calls: readonly Call[], charsOf: (call: Call) => number): Call[][] {
  const portions: Call[][] = []
  let left = 0
  for (const call of calls) {
    const chars = charsOf(call)
    if (portions.length === 0 || chars > left) {
      portions.push([])
      left = MAX_CHARS
    }
    portions.at(-1)?.push(call)
    left -= chars
  }
  return portions
}

async function writePortion<Call, Answer>(
  calls: readonly Call[],
  write: (calls: readonly Call[]) => Promise<readonly Answer[]>,
): Promise<readonly Outcome<Answer>[]> {
  try {
    return (await write(calls)).map((answer) => ({ answer }))
  } catch (error) {
    const refused = isDataError(error)
    if (calls.length === 1 || !refused) return calls.map(() => ({ error, refused }))
    const outcomes: Outcome<Answer>[] = []
    for (const call of calls) outcomes.push(...(await writePortion([call], write)))
    return outcomes
  }
}
