import { noSuchSink, sinkNames } from '../../core/known-sinks.ts'
import type { ApiContext } from './context.ts'
import { badRequest } from './fields.ts'

/** Throws RejectedError 400 where the sink of a filter is not in routes.yaml and was never owed anything. */
export async function checkSink(
  { ledger, plan }: Pick<ApiContext, 'ledger' | 'plan'>,
  sink: string | undefined,
  path: string,
): Promise<void> {
  const { sinks } = plan()
  if (sink === undefined || sinks.has(sink) || (await ledger.wasOwed(sink))) return
  const names = sinkNames(sinks.keys(), await ledger.backlog())
  throw badRequest([{ path, message: noSuchSink(sink, names) }])
}
