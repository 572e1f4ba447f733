import { RejectedError } from '../core/errors.ts'

/** Reads a request's body, and stops as soon as it is known to be over the limit. Throws RejectedError 413 or 400. */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > limitBytes) throw tooLarge(limitBytes)
  try {
    // A declared length bounds what the host hands over.
    if (declared !== null) return new Uint8Array(await request.arrayBuffer())
    return await readStream(request, limitBytes)
  } catch (error) {
    if (error instanceof RejectedError) throw error
    throw new RejectedError(400, 'The body did not arrive whole.')
  }
}

async function readStream({ body }: Request, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > limitBytes) throw tooLarge(limitBytes)
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

function tooLarge(limitBytes: number): RejectedError {
  return new RejectedError(413, `The body is over ${limitBytes} bytes.`)
}
