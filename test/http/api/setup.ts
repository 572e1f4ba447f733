import type { Hono } from 'hono'
import type { LaneStatus } from '../../../src/core/lane/status.ts'
import type { LiveSink, Plan } from '../../../src/core/plan.ts'
import { nodeCrypto } from '../../../src/hosts/node-crypto.ts'
import { createAdmin } from '../../../src/http/admin.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { routingOf, START } from '../../core/operations/setup.ts'
import { recordingLog } from '../../log.ts'
import { emptyPlan, settings } from '../../settings.ts'

export const ADMIN_TOKEN = 'a-token-of-the-operators'

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Parsed where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever the answer is.
  readonly body: any
}

export interface AskOptions {
  readonly method?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The address that it comes from. */
  readonly from?: string
}

/** The admin surface over a store, with the sinks `lake`, `finance` and `slow`. */
export function openAdmin({ store = openMemoryStore(), guarded = true } = {}) {
  const clock = { now: START }
  const log = recordingLog()
  let woken = 0
  const lanes: LaneStatus[] = []
  const admin = createAdmin({
    token: guarded ? ADMIN_TOKEN : undefined,
    runtime: { now: () => clock.now, log, crypto: nodeCrypto },
    ledger: store,
    metrics: async () => 'lark_fanout_dead{sink="lake"} 0\n',
    plan: () => plan,
    status: () => lanes,
    wake: () => void woken++,
  })
  const request = requestTo(admin)
  const ask = async (path: string, options?: AskOptions) => read(await request(path, options))
  return { store, clock, log, lanes, request, ask, woken: () => woken }
}

function requestTo(admin: Hono) {
  return async (path: string, options: AskOptions = {}): Promise<Response> => {
    const { body, from, method = body === undefined ? 'GET' : 'POST' } = options
    const headers = {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...options.headers,
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const env = from === undefined ? {} : { incoming: { socket: { remoteAddress: from } } }
    return admin.request(path, { method, headers, ...(text !== undefined && { body: text }) }, env)
  }
}

async function read(answer: Response): Promise<Asked> {
  const { status, headers } = answer
  const text = await answer.text()
  const isJson = /^application\/(problem\+)?json$/.test(headers.get('content-type') ?? '')
  return { status, headers, text, body: isJson && text !== '' ? JSON.parse(text) : text }
}

const routing = routingOf([
  { name: 'all', to: ['lake', 'finance'] },
  { name: 'reads', to: ['slow'], match: { operate: 'READ' } },
])

const plan: Plan = {
  ...emptyPlan,
  ...routing,
  sinks: new Map(
    [
      sink('lake', { rateLimit: 100 }),
      sink('finance', { rateLimit: 10 / 60, orderBy: 'instance_code' }),
      sink('slow', { paused: true }),
    ].map((live) => [live.name, live]),
  ),
}

function sink(name: string, more: Partial<LiveSink['settings']>): LiveSink {
  const live = { name, type: 'log', sink: { deliver: async () => {} } }
  const fingerprint = `${name}-fingerprint`
  return { ...live, fingerprint, settings: { ...settings, ...more }, conceal: String }
}
