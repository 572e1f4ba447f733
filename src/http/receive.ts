import { type IngestContext, receive } from '../core/ingest.ts'
import type { LiveSource } from '../core/plan.ts'
import { BODY_LIMIT_BYTES, readBody } from './body.ts'
import type { Intake, Place } from './intake.ts'

export interface ReceiveContext extends IngestContext {
  readonly intake: Intake
}

/** Feishu counts any 200 within 3 s as taken; `msg` is for people who read traces. */
export async function answerCallback(
  context: ReceiveContext,
  source: LiveSource,
  request: Request,
): Promise<Response> {
  const place = context.intake.enter()
  try {
    const body = await takeBody(request, place).catch((error: unknown) => {
      const at = context.runtime.now()
      const nothing = { type: '', eventId: '', durationMs: 0, problems: [] }
      context.tell({ kind: 'received', at, source: source.name, result: 'rejected', ...nothing })
      throw error
    })
    const ingested = await receive(context, source, { headers: request.headers, body })
    const answer = ingested.kind === 'reply' ? ingested.body : { code: 0, msg: ingested.result }
    return new Response(JSON.stringify(answer), { headers: { 'Content-Type': 'application/json' } })
  } finally {
    place.leave()
  }
}

async function takeBody(request: Request, place: Place): Promise<Uint8Array> {
  const body = await readBody(request, BODY_LIMIT_BYTES, place.hold)
  place.arrived()
  return body
}
