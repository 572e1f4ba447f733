import type { Context } from 'hono'
import { messageOf, RejectedError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import type { ApiContext } from './context.ts'

export type Work = (
  progress: (state: JsonObject) => void,
  signal: AbortSignal,
) => Promise<JsonObject>

/**
 * Answers with what long work comes to; for `Accept: application/x-ndjson` line by line, its progress first. A client of
 * these lines that goes away ends the work, and so does the gateway's end.
 */
export async function answerWork(
  c: Context,
  { runtime, wake, ending }: ApiContext,
  work: Work,
): Promise<Response> {
  const accepts = c.req.header('accept') ?? ''
  if (!/\bapplication\/x-ndjson\b/i.test(accepts)) {
    return c.json(await work(() => {}, ending).finally(wake))
  }
  const lines = createLines()
  const signal = AbortSignal.any([lines.signal, ending])
  const begun = Promise.withResolvers<void>()
  const done = work((progress) => {
    lines.tell({ progress })
    begun.resolve()
  }, signal).finally(wake)
  // What fails before its first batch is a problem like any other.
  await Promise.race([begun.promise, done])
  done
    .then(lines.write, (error: unknown) => {
      const level = signal.aborted ? 'info' : 'error'
      runtime.log[level]({ error: messageOf(error) }, 'long work of the API ended early')
      lines.write({ error: error instanceof RejectedError ? error.message : ENDED_EARLY })
    })
    .finally(lines.close)
  return c.body(lines.stream, 200, { 'Content-Type': 'application/x-ndjson' })
}

const ENDED_EARLY = 'The work ended early; the log says why.'

/** How much of its progress waits for a client to read it; what comes then is left out. */
const MOST_UNREAD_BYTES = 8 * 1024

function createLines() {
  const gone = new AbortController()
  const encoder = new TextEncoder()
  let lines: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        lines = controller
      },
      cancel() {
        lines = undefined
        gone.abort(new Error('the client went away'))
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_BYTES }),
  )
  const write = (value: JsonObject) => lines?.enqueue(encoder.encode(`${JSON.stringify(value)}\n`))
  return {
    stream,
    /** Aborts when nobody reads the lines any more. */
    signal: gone.signal,
    write,
    /** Writes it where there is room. */
    tell(value: JsonObject) {
      if ((lines?.desiredSize ?? 0) > 0) write(value)
    },
    close: () => lines?.close(),
  }
}
