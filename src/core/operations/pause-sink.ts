import type { Pause } from '../ledger.ts'
import { audited, type Operator } from './operation.ts'

/** Nothing more is sent, what is owed is kept, also over restarts. */
export async function pauseSink(
  operator: Operator,
  { sink }: { readonly sink: string },
): Promise<void> {
  const { ledger, now } = operator
  await audited(operator, { action: 'pause', request: { sink } }, async () => {
    await ledger.pause({ sink, by: 'operator', at: now(), options: '' })
    return {}
  })
}

/** Ends a pause by an operator, and one by the receiver. Resolves to whose pauses these were; the file's own stands. */
export async function resumeSink(
  operator: Operator,
  { sink }: { readonly sink: string },
): Promise<{ readonly ended: readonly Pause['by'][] }> {
  const { ledger } = operator
  return audited(operator, { action: 'resume', request: { sink } }, async () => {
    const pauses = await ledger.pauses()
    await ledger.resume(sink)
    return { ended: pauses.filter((pause) => pause.sink === sink).map(({ by }) => by) }
  })
}
