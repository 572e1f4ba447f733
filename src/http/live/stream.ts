import { RejectedError } from '../../core/errors.ts'
import type { Live } from './live.ts'
import type { News } from './news.ts'

export interface StreamRequest {
  /** What the client is told of it, in the words of the protocol; empty where nothing. */
  textOf(news: News): string
  /** The `ref` of the last event that the client knows. */
  readonly after: string | undefined
  /** Whether the client may not be told any more; without it, it always may. */
  isOver?(): boolean
}

/** Whoever has not read so much is not there any more, or will not be soon. */
const MOST_UNREAD_BYTES = 256 * 1024
const RETRY_MS = 2000

/**
 * Server-sent events, until the client goes, reads too slowly or may not be told any more, or the gateway ends; a client
 * connects again by itself. Throws RejectedError 503 where too many watch.
 */
export async function answerStream(
  live: Live,
  { textOf, after, isOver = () => false }: StreamRequest,
): Promise<Response> {
  const room = new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_BYTES })
  const encoder = new TextEncoder()
  let client: ReadableStreamDefaultController<Uint8Array> | undefined
  let stop: (() => void) | undefined

  function end(): void {
    stop?.()
    client?.close()
    client = undefined
  }
  function write(text: string): void {
    const mayHear = !isOver()
    if (mayHear) client?.enqueue(encoder.encode(text))
    if (!mayHear || (client && (client.desiredSize ?? 0) <= 0)) end()
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        client = controller
        write(`retry: ${RETRY_MS}\n\n`)
      },
      cancel() {
        client = undefined
        stop?.()
      },
    },
    room,
  )
  const hear = (news: readonly News[]) => {
    const text = news.map(textOf).join('')
    if (text !== '') write(text)
  }
  stop = await live.watch({ hear, beat: () => write(':\n\n'), end }, after)
  // What it was told first was too much already.
  if (!client) stop?.()
  if (stop) return new Response(stream, { headers: HEADERS })
  throw new RejectedError(503, 'Too many are watching, or the gateway is ending.', {
    'Retry-After': '5',
  })
}

export const STREAM_TYPE = 'text/event-stream'

const HEADERS = {
  'Content-Type': STREAM_TYPE,
  'Cache-Control': 'no-store',
  // nginx would wait until there is more.
  'X-Accel-Buffering': 'no',
}
