import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CONTROL, DATA, decodeFrame, encodeFrame, type Frame } from '../../src/feishu/frames.ts'
import { type DecodedFrame, vectors } from '../fixtures/vectors.ts'
import { anyText } from '../fuzz/arbitrary.ts'

const { ping_from_sdk: ping, event_single: single } = vectors.ws
const exchanges = [
  single,
  vectors.ws.event_handler_returns_value,
  vectors.ws.event_handler_throws,
  vectors.ws.event_chunked_sum2_out_of_order,
  vectors.ws.event_unregistered_type,
]

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hexOf = (frame: Frame) => Buffer.from(encodeFrame(frame)).toString('hex')

/** As the SDK's own decoder shows a frame. */
function shown(frame: Frame | undefined): DecodedFrame | undefined {
  if (!frame) return undefined
  const { seqId, logId, service, method, headers, payload } = frame
  return {
    SeqID: String(seqId),
    LogID: String(logId),
    service,
    method,
    headers: [...headers].map(([key, value]) => ({ key, value })),
    ...(payload.length > 0 && { payload: new TextDecoder().decode(payload) }),
  }
}

const frame: Frame = {
  seqId: 1,
  logId: 2,
  service: 3,
  method: DATA,
  headers: new Map([['type', 'event']]),
  payload: new Uint8Array([1, 2, 3]),
}

describe('frames of the official SDK', () => {
  test('are read as it reads them', () => {
    expect(shown(decodeFrame(bytesOf(ping.hex)))).toEqual(ping.decoded)
    expect(shown(decodeFrame(bytesOf(single.frames_hex[0] ?? '')))).toEqual(single.frame_decoded)
    for (const { ack_hex, ack_decoded } of exchanges) {
      expect(shown(decodeFrame(bytesOf(ack_hex)))).toEqual(ack_decoded)
    }
  })

  test('are written to the byte', () => {
    const all = [
      ping.hex,
      ...exchanges.flatMap(({ frames_hex, ack_hex }) => [...frames_hex, ack_hex]),
    ]
    expect(all).toHaveLength(12)
    for (const hex of all) {
      const decoded = decodeFrame(bytesOf(hex))
      expect(decoded && hexOf(decoded)).toBe(hex)
    }
  })
})

test('what is written is read', () => {
  const whole = fc.maxSafeNat()
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const text = anyText(20)
  const some = fc.record({
    seqId: whole,
    logId: whole,
    service: int32,
    method: int32,
    headers: fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => new Map(entries)),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  fc.assert(
    fc.property(some, (one) => {
      expect(decodeFrame(encodeFrame(one))).toEqual(one)
    }),
  )
})

test('the required fields are written even where they are 0', () => {
  const empty = { seqId: 0, logId: 0, service: 0, method: CONTROL, headers: new Map() }
  expect(hexOf({ ...empty, payload: new Uint8Array() })).toBe('0800100018002000')
})

test('fields that nobody knows are passed over, in every way in which they may be written', () => {
  const unknown = ['5001', '5501020304', '510102030405060708', '5a020102', '4a03616263', '320162']
  for (const field of unknown) {
    expect(decodeFrame(bytesOf(`${field}${hexOf(frame)}${field}`))).toEqual(frame)
  }
})

describe('what is no frame is refused', () => {
  test('without one of the required fields', () => {
    const fields = ['0801', '1002', '1803', '2001']
    expect(decodeFrame(bytesOf(fields.join('')))).toBeDefined()
    for (const missing of fields) {
      const rest = fields.filter((field) => field !== missing)
      expect(decodeFrame(bytesOf(rest.join('')))).toBeUndefined()
    }
  })

  test('cut off anywhere but between two fields', () => {
    const bytes = encodeFrame({ ...frame, headers: new Map() })
    const whole = [8, bytes.length]
    for (let length = 0; length <= bytes.length; length++) {
      const isFrame = decodeFrame(bytes.subarray(0, length)) !== undefined
      expect([length, isFrame]).toEqual([length, whole.includes(length)])
    }
  })

  test.each([
    ['a varint without end', 'ffffffffffffffffffffff01'],
    ['a length beyond the end', '42ffffffff0f'],
    ['a length beyond any number', '42ffffffffffffffffff01'],
    ['a header without a value', '2a030a0161'],
    ['a header that is not UTF-8', '2a060a01ff120161'],
    ['a group', '53'],
    ['a field without a number', '0000'],
  ])('%s', (_, hex) => {
    expect(decodeFrame(bytesOf(`${hexOf(frame)}${hex}`))).toBeUndefined()
  })

  test('whatever it is, it never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeFrame(bytes)
        return decoded === undefined || Number.isInteger(decoded.service)
      }),
    )
  })
})
