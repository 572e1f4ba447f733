import { RejectedError } from '../../core/errors.ts'
import { within } from '../../core/within.ts'
import { BODY_LIMIT_BYTES } from '../../http/body.ts'

/** For a whole body to arrive, as long as a request has on Node; what is over the limit included. */
const BODY_MS = 10_000

/** A client that is still writing may miss its answer: as much is read before it gets one, and most of it let go. */
const READ_BYTES = 8 * 1024 * 1024
/** One from whom nothing comes for that long has stopped, and reads. */
const QUIET_MS = 500

/** One byte more than what is taken tells whoever gets it that there was more. */
const HELD_BYTES = BODY_LIMIT_BYTES + 1

interface Taken {
  readonly chunks: Uint8Array<ArrayBuffer>[]
  /** What has been let go included. */
  length: number
}

/**
 * The request, with a body that is there. Of one that is over the limit it has a byte more than that: the answer is for
 * whoever knows the path. Throws RejectedError: 400 where the client breaks off, 408 where it dawdles.
 */
export async function wholeRequest(request: Request): Promise<Request> {
  if (!request.body) return request
  const body = new Blob((await take(request.body)).chunks)
  const headers = new Headers(request.headers)
  // That of the body as it is now is the platform's to say.
  headers.delete('Content-Length')
  return new Request(request, { headers, body })
}

async function take(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Taken> {
  const reader = body.getReader()
  const taken: Taken = { chunks: [], length: 0 }
  try {
    await within(BODY_MS, () => read(reader, taken), late)
  } catch (error) {
    if (taken.length < HELD_BYTES) throw asRejected(error)
  } finally {
    // Whether that still reaches the client makes no difference.
    reader.cancel().catch(() => {})
  }
  return taken
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  taken: Taken,
): Promise<void> {
  while (taken.length <= READ_BYTES) {
    const room = HELD_BYTES - taken.length
    const next = () => reader.read()
    const { done, value } = await (room > 0 ? next() : within(QUIET_MS, next, late))
    if (done) return
    if (room > 0) taken.chunks.push(value.subarray(0, room))
    taken.length += value.length
  }
}

function late(): RejectedError {
  return new RejectedError(408, `The body did not arrive within ${BODY_MS / 1000} seconds.`)
}

function asRejected(error: unknown): RejectedError {
  if (error instanceof RejectedError) return error
  return new RejectedError(400, 'The body did not arrive whole.')
}
