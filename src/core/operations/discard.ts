import { audited, inBatches, type Operator, type Report } from './operation.ts'

const BATCH = 500

export type Discarded = { readonly discarded: number }

/** What a sink is owed becomes dead letters, but for what is in flight. Until they are pruned, retry brings them back. */
export async function discard(
  operator: Operator,
  { sink }: { readonly sink: string },
  progress: Report<Discarded> = () => {},
): Promise<Discarded> {
  const { ledger, now, actor } = operator
  const work = async (report: Report<Discarded>) => {
    let discarded = 0
    await inBatches(operator, async (cursor) => {
      const query = { cursor, limit: BATCH, now: now() }
      const { count, next } = await ledger.discard(sink, `discarded by ${actor}`, query)
      discarded += count
      report({ discarded })
      return next
    })
    return { discarded }
  }
  return audited(operator, { action: 'discard', request: { sink } }, work, progress)
}
