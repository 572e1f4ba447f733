import { DATA, type Frame } from './frames.ts'

interface EventFrames {
  /** Another one for each attempt: clients keep the parts of a message for a while, also after they have joined them. */
  readonly messageId: string
  readonly seqId: number
  readonly service: number
  /** Unix milliseconds. */
  readonly now: number
  /** No frame has a larger payload. */
  readonly payloadBytes?: number
}

/** Python's client takes no larger message than 1 MiB; what a frame has beside its payload is small. */
const MAX_PAYLOAD_BYTES = 1024 * 1024 - 1024

/** An event's text as one frame, or as several that the client joins where it is too large for one. */
export function eventFrames(
  payload: Uint8Array,
  { messageId, seqId, service, now, payloadBytes = MAX_PAYLOAD_BYTES }: EventFrames,
): Frame[] {
  const sum = Math.max(1, Math.ceil(payload.length / payloadBytes))
  return Array.from({ length: sum }, (_, seq) => ({
    seqId,
    logId: seqId,
    service,
    method: DATA,
    headers: new Map([
      ['type', 'event'],
      ['message_id', messageId],
      ['sum', String(sum)],
      ['seq', String(seq)],
      // Python's and Java's clients fail without it.
      ['trace_id', messageId],
      ['timestamp', String(now)],
    ]),
    payload: payload.subarray(seq * payloadBytes, (seq + 1) * payloadBytes),
  }))
}
