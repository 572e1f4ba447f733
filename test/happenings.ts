import type { Attempted, DeliveryResult, EventResult, Received } from '../src/core/happening.ts'

const AT = Date.UTC(2026, 10, 22, 9, 30)

export function received(
  source: string,
  type: string,
  result: EventResult,
  durationMs: number,
): Received {
  return { kind: 'received', at: AT, source, type, eventId: '', result, durationMs, problems: [] }
}

export function attempted(sink: string, result: DeliveryResult, durationMs: number): Attempted {
  const delivery = { type: 'approval_cc', eventId: 'e', deliveryId: '1', attempt: 1 }
  return {
    kind: 'attempted',
    at: AT,
    sink,
    result,
    durationMs,
    status: null,
    error: '',
    ...delivery,
  }
}
