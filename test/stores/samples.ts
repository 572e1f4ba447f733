import type { JsonObject } from '../../src/core/event.ts'
import type {
  Acceptance,
  AttemptRecord,
  ClaimedDelivery,
  Owed,
  Settlement,
} from '../../src/core/outbox.ts'

/** Some moment; the laws pass times in, and never wait. */
export const T = 1_700_000_000_000
export const MINUTE = 60_000
export const LEASE = 40_000

export interface Wish {
  readonly appId?: string
  readonly tenantKey?: string
  readonly type?: string
  readonly via?: string
  readonly data?: JsonObject
  readonly problems?: readonly string[]
  /** Sinks, or whole entries. */
  readonly owed?: readonly (string | Partial<Owed>)[]
}

export function acceptance(id: string, wish: Wish = {}): Acceptance {
  const { appId = 'cli_a', tenantKey = 'tenant', problems = [], owed = ['lake'] } = wish
  const { type = 'approval_cc', via = 'feishu' } = wish
  const data = wish.data ?? { instance_code: id, operate: 'CREATE' }
  const raw = JSON.stringify({ uuid: id, token: '', event: data })
  const event = { id, type, appId, tenantKey, via, time: T - 5, data, raw }
  return { event, problems, owed: owed.map(owedBy) }
}

function owedBy(wish: string | Partial<Owed>): Owed {
  const some = typeof wish === 'string' ? { sink: wish } : wish
  return { sink: 'lake', orderKey: null, claimMs: 0, ...some }
}

const RECORD: AttemptRecord = { at: T, durationMs: 20, status: 200, error: '', response: '' }

export function settlement(
  { id, claim, attempt }: Pick<ClaimedDelivery, 'id' | 'claim' | 'attempt'>,
  outcome: Settlement['outcome'] = { state: 'delivered' },
  at = T,
): Settlement {
  const error = outcome.state === 'delivered' ? '' : 'no answer within 10000 ms'
  return { id, claim, attempt, outcome, record: { ...RECORD, at, error } }
}
