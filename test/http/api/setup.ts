import type { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import { createFeed } from '../../../src/core/feed.ts'
import type { LaneStatus } from '../../../src/core/lane/status.ts'
import type { LiveSink, Plan } from '../../../src/core/plan.ts'
import { createRedaction } from '../../../src/core/redact.ts'
import type { Store } from '../../../src/core/store.ts'
import { readPasted } from '../../../src/feishu/pasted.ts'
import { nodeCrypto } from '../../../src/hosts/node-crypto.ts'
import { createAdmin } from '../../../src/http/admin.ts'
import { createEnding } from '../../../src/http/api/ending.ts'
import { createLive } from '../../../src/http/live/live.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { routingOf, START } from '../../core/operations/setup.ts'
import { recordingLog } from '../../log.ts'
import { emptyPlan, settings } from '../../settings.ts'

export const ADMIN_TOKEN = 'a-token-of-the-operators'
export const VIEWER_TOKEN = 'viewers-only-token'

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
export function openAdmin({
  store = openMemoryStore(),
  guarded = true,
  redact = [],
}: {
  store?: Store
  guarded?: boolean
  redact?: readonly string[]
} = {}) {
  const clock = { now: START }
  const log = recordingLog()
  let woken = 0
  const lanes: LaneStatus[] = []
  const feed = createFeed()
  const seen = {
    runtime: { now: () => clock.now, log, crypto: nodeCrypto },
    ledger: store,
    plan: () => ({ ...plan, redact: createRedaction(redact) }),
    status: () => lanes,
  }
  const live = createLive({ ...seen, feed })
  const { ending, end } = createEnding()
  onTestFinished(live.close)
  const admin = createAdmin({
    ...seen,
    live,
    ending,
    readPasted: (value) => readPasted(value, { id: 'pasted', now: clock.now }),
    tokens: guarded ? { admin: ADMIN_TOKEN, viewer: VIEWER_TOKEN } : undefined,
    metrics: async () => 'lark_fanout_dead{sink="lake"} 0\n',
    wake: () => void woken++,
  })
  const request = requestTo(admin)
  const ask = async (path: string, options?: AskOptions) => read(await request(path, options))
  return { store, clock, log, lanes, feed, live, request, ask, end, woken: () => woken }
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

export const plan: Plan = {
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
