/**
 * A message of Feishu's long connection: `pbbp2.Frame` of the official SDKs, in the binary encoding of Protocol Buffers
 * (proto2). One frame is one WebSocket message.
 */
export interface Frame {
  /** Exact below 2^53, as is `logId`: some SDKs keep them in a double. */
  readonly seqId: number
  readonly logId: number
  /** The `service_id` that the client was given. */
  readonly service: number
  readonly method: number
  /** `type`, `message_id`, `sum`, `seq`, `trace_id`, …; of equal names the last counts. */
  readonly headers: ReadonlyMap<string, string>
  readonly payload: Uint8Array
}

export const CONTROL = 0
export const DATA = 1

/** The fields' tags: their number, and in the last three bits how their value is written. */
const TAG = { seqId: 0x08, logId: 0x10, service: 0x18, method: 0x20, header: 0x2a, payload: 0x42 }
const HEADER_TAG = { key: 0x0a, value: 0x12 }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeFrame({
  seqId,
  logId,
  service,
  method,
  headers,
  payload,
}: Frame): Uint8Array {
  const head: number[] = []
  // All four are required: they are written even where they are 0.
  head.push(TAG.seqId)
  writeVarint(head, seqId)
  head.push(TAG.logId)
  writeVarint(head, logId)
  head.push(TAG.service)
  writeInt32(head, service)
  head.push(TAG.method)
  writeInt32(head, method)
  for (const [key, value] of headers) {
    const header: number[] = []
    writeBytes(header, HEADER_TAG.key, encoder.encode(key))
    writeBytes(header, HEADER_TAG.value, encoder.encode(value))
    writeBytes(head, TAG.header, header)
  }
  if (payload.length === 0) return Uint8Array.from(head)
  head.push(TAG.payload)
  writeVarint(head, payload.length)
  const frame = new Uint8Array(head.length + payload.length)
  frame.set(head)
  frame.set(payload, head.length)
  return frame
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}

/** A negative one has ten bytes, as if it had 64 bits. */
function writeInt32(bytes: number[], value: number): void {
  if (value >= 0) {
    writeVarint(bytes, value)
    return
  }
  for (let shift = 0; shift <= 28; shift += 7) bytes.push(((value >> shift) & 0x7f) | 0x80)
  bytes.push(0xff, 0xff, 0xff, 0xff, 0x01)
}

function writeBytes(bytes: number[], tag: number, value: ArrayLike<number>): void {
  bytes.push(tag)
  writeVarint(bytes, value.length)
  for (let at = 0; at < value.length; at++) bytes.push(value[at] ?? 0)
}

/** Undefined for what is no frame: cut off, without a required field, or not UTF-8 where it must be. Skips unknown fields. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  try {
    return readFrame(createReader(bytes))
  } catch {
    return undefined
  }
}

function readFrame(reader: Reader): Frame | undefined {
  const headers = new Map<string, string>()
  const ids = new Map<number, number>()
  let payload: Uint8Array = new Uint8Array()
  while (!reader.atEnd()) {
    const tag = reader.varint()
    if (tag === TAG.seqId || tag === TAG.logId) ids.set(tag, reader.varint())
    else if (tag === TAG.service || tag === TAG.method) ids.set(tag, reader.int32())
    else if (tag === TAG.header) headers.set(...readHeader(createReader(reader.bytes())))
    else if (tag === TAG.payload) payload = reader.bytes()
    else reader.skip(tag)
  }
  const seqId = ids.get(TAG.seqId)
  const logId = ids.get(TAG.logId)
  const service = ids.get(TAG.service)
  const method = ids.get(TAG.method)
  const isWhole = seqId !== undefined && logId !== undefined
  if (!isWhole || service === undefined || method === undefined) return undefined
  return { seqId, logId, service, method, headers, payload }
}

function readHeader(reader: Reader): [string, string] {
  let key: string | undefined
  let value: string | undefined
  while (!reader.atEnd()) {
    const tag = reader.varint()
    if (tag === HEADER_TAG.key) key = decoder.decode(reader.bytes())
    else if (tag === HEADER_TAG.value) value = decoder.decode(reader.bytes())
    else reader.skip(tag)
  }
  if (key === undefined || value === undefined) throw notAFrame()
  return [key, value]
}

/** Throws where the bytes end too early. */
interface Reader {
  atEnd(): boolean
  /** Unsigned; exact below 2^53. */
  varint(): number
  int32(): number
  /** A length, and as many bytes: a view of them, not a copy. */
  bytes(): Uint8Array
  /** Passes over the value of a field that has this tag. */
  skip(tag: number): void
}

const MAX_VARINT_BYTES = 10

function createReader(bytes: Uint8Array): Reader {
  let at = 0

  /** A varint as its lower 32 bits, and as the whole. */
  function readVarint(): { readonly low: number; readonly whole: number } {
    let low = 0
    let whole = 0
    for (let count = 0; count < MAX_VARINT_BYTES; count++) {
      const byte = bytes[at++]
      if (byte === undefined) break
      if (count < 5) low |= (byte & 0x7f) << (7 * count)
      whole += (byte & 0x7f) * 2 ** (7 * count)
      if (byte < 0x80) return { low, whole }
    }
    throw notAFrame()
  }

  function take(length: number): Uint8Array {
    if (length > bytes.length - at) throw notAFrame()
    at += length
    return bytes.subarray(at - length, at)
  }

  return {
    atEnd: () => at >= bytes.length,
    varint: () => readVarint().whole,
    int32: () => readVarint().low,
    bytes: () => take(readVarint().whole),
    skip(tag) {
      const wireType = tag % 8
      if (tag < 8) throw notAFrame()
      if (wireType === 0) readVarint()
      else if (wireType === 1) take(8)
      else if (wireType === 2) take(readVarint().whole)
      else if (wireType === 5) take(4)
      // Groups (3 and 4) are in no version of this protocol.
      else throw notAFrame()
    },
  }
}

function notAFrame(): Error {
  return new Error('not a frame')
}
