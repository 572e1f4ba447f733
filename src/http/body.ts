import { RejectedError } from '../core/errors.ts'

/** The most that is taken at any path. */
export const BODY_LIMIT_BYTES = 1024 * 1024

/**
 * Reads a request's body, and stops as soon as it is known to be over the limit. `hold` is told how much there will be
 * before any of it is read, and again as more comes than was known; what it throws ends the reading. Throws
 * RejectedError 413 or 400.
 */
export async function readBody(
  request: Request,
  limitBytes: number,
  hold: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  const grow = (bytes: number) => {
    if (bytes > limitBytes) throw new RejectedError(413, `The body is over ${limitBytes} bytes.`)
    hold(bytes)
  }
  grow(Number(declared))
  try {
    if (declared === null) return await readStream(request, grow)
    // The host hands over no more than was declared.
    const bytes = new Uint8Array(await request.arrayBuffer())
    grow(bytes.length)
    return bytes
  } catch (error) {
    if (error instanceof RejectedError) throw error
    throw new RejectedError(400, 'The body did not arrive whole.')
  }
}

async function readStream({ body }: Request, grow: (bytes: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    grow(length)
    chunks.push(chunk)
  }
  return joined(chunks, length)
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}
