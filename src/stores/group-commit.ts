import { messageOf, RefusedCallError } from '../core/errors.ts'

/** What became of one call of a batch. It is `refused` where it failed alone, by what it asked. */
export type Outcome<Answer> =
  | { readonly answer: Answer; readonly error?: undefined }
  | { readonly error: unknown; readonly refused?: boolean }

export interface GroupCommit<Call, Answer> {
  /** Resolves once the call's batch is written. */
  call(call: Call): Promise<Answer>
  /** Resolves when nothing is gathered or being written. */
  idle(): Promise<void>
}

/** Bounds how long one transaction keeps the later ones waiting. */
const MAX_BATCH = 512

interface Waiting<Call, Answer> {
  readonly call: Call
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * While one batch is being written, the next calls gather: an idle store answers at once, a busy one pays for a flush
 * once per batch. `write` answers every call of its batch, in order; when it rejects, each of them rejects.
 */
export function createGroupCommit<Call, Answer>(
  write: (batch: readonly Call[]) => Promise<readonly Outcome<Answer>[]>,
): GroupCommit<Call, Answer> {
  const gathered: Waiting<Call, Answer>[] = []
  let writing: Promise<void> | undefined

  async function writeAll(): Promise<void> {
    await null // Those who call in the same breath share the first batch.
    while (gathered.length > 0) await writeBatch(write, gathered.splice(0, MAX_BATCH))
    writing = undefined
  }
  return {
    call: (call) =>
      new Promise<Answer>((resolve, reject) => {
        gathered.push({ call, resolve, reject })
        writing ??= writeAll()
      }),
    async idle() {
      await writing
    },
  }
}

async function writeBatch<Call, Answer>(
  write: (batch: readonly Call[]) => Promise<readonly Outcome<Answer>[]>,
  batch: readonly Waiting<Call, Answer>[],
): Promise<void> {
  try {
    const outcomes = await write(batch.map(({ call }) => call))
    for (const [i, waiting] of batch.entries()) settle(waiting, outcomes[i])
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

function settle<Answer>(
  { resolve, reject }: Waiting<unknown, Answer>,
  outcome: Outcome<Answer> | undefined,
): void {
  if (!outcome) reject(new Error('the store did not answer'))
  else if ('answer' in outcome) resolve(outcome.answer)
  else reject(outcome.refused ? refusal(outcome.error) : outcome.error)
}

/** Made here, for no class of ours outlives the way from a thread. */
function refusal(error: unknown): RefusedCallError {
  return new RefusedCallError(messageOf(error), { cause: error })
}
