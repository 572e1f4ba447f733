import type { Context } from 'hono'
import { messageOf } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import type { ApiContext } from './context.ts'

export type Work = (
  progress: (state: JsonObject) => void,
  signal?: AbortSignal,
) => Promise<JsonObject>

/**
 * Answers with what long work comes to; for `Accept: application/x-ndjson` line by line, its progress first. A client of
 * these lines that goes away ends the work.
 */
export async function answerWork(
  c: Context,
  { runtime, wake }: ApiContext,
  work: Work,
): Promise<Response> {
  const accepts = c.req.header('accept') ?? ''
  if (!/\bapplication\/x-ndjson\b/i.test(accepts)) {
    return c.json(await work(() => {}).finally(wake))
  }
  const lines = createLines()
  const begun = Promise.withResolvers<void>()
  const done = work((progress) => {
    lines.write({ progress })
    begun.resolve()
  }, lines.signal).finally(wake)
  // What fails before its first batch is a problem like any other.
  await Promise.race([begun.promise, done])
  done
    .then(lines.write, (error: unknown) => {
      const level = lines.signal.aborted ? 'info' : 'error'
      runtime.log[level]({ error: messageOf(error) }, 'long work of the API ended early')
      lines.write({ error: 'The work ended early; the log says why.' })
    })
    .finally(lines.close)
  return c.body(lines.stream, 200, { 'Content-Type': 'application/x-ndjson' })
}

function createLines() {
  const gone = new AbortController()
  const encoder = new TextEncoder()
  let lines: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      lines = controller
    },
    cancel() {
      lines = undefined
      gone.abort(new Error('the client went away'))
    },
  })
  return {
    stream,
    /** Aborts when nobody reads the lines any more. */
    signal: gone.signal,
    write: (value: JsonObject) => lines?.enqueue(encoder.encode(`${JSON.stringify(value)}\n`)),
    close: () => lines?.close(),
  }
}
