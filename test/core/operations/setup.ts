import type { RouteConfig, SinkConfig } from '../../../src/config/config.ts'
import { createRouting, type RoutingContext } from '../../../src/config/routing.ts'
import type { Operator } from '../../../src/core/operations/operation.ts'
import type { Owed } from '../../../src/core/outbox.ts'
import type { Routing } from '../../../src/core/plan.ts'
import type { Store } from '../../../src/core/store.ts'
import { feishu } from '../../../src/sources/feishu.ts'
import { openMemoryStore } from '../../../src/stores/memory.ts'
import { sampleEvent, sampleRaw } from '../../sample-event.ts'
import { settings } from '../../settings.ts'
import { settlement } from '../../stores/samples.ts'

export const START = Date.UTC(2026, 10, 22, 9, 30)

/** A store, its clock, and whoever asks something of it. */
export function setup(store: Store = openMemoryStore()) {
  const clock = { now: START }
  const operator: Operator = { ledger: store, now: () => clock.now, actor: 'cli alice@host' }
  const audit = async () => (await store.audit({ limit: 100 })).items
  return { store, clock, operator, audit }
}

export interface Given {
  /** What its text says on top of the sample's `event`. */
  readonly data?: Readonly<Record<string, string>>
  readonly problems?: readonly string[]
  readonly owed?: readonly (string | Owed)[]
}

/** Stores an event as a gateway would have, now. */
export async function accept(
  { store, clock }: Pick<ReturnType<typeof setup>, 'store' | 'clock'>,
  id: string,
  { data = {}, problems = [], owed = [] }: Given = {},
): Promise<void> {
  const envelope = JSON.parse(sampleRaw)
  const raw = JSON.stringify({ ...envelope, uuid: id, event: { ...envelope.event, ...data } })
  const entries = owed.map((one) =>
    typeof one === 'string' ? { sink: one, orderKey: null, claimMs: 0 } : one,
  )
  await store.accept([{ event: sampleEvent({ id, raw }), problems, owed: entries }], clock.now)
}

/** Ends everything that a sink is owed now. */
export async function settleAll(
  store: Store,
  sink: string,
  outcome: Parameters<typeof settlement>[1],
): Promise<void> {
  const query = { sink, now: START + 1e9, leaseMs: 60_000, limit: 1000 }
  const claimed = await store.claim(query)
  await store.settle(claimed.map((delivery) => settlement(delivery, outcome)))
}

/** `<event> <state> <attempts>` of what a sink is or was owed, oldest first. */
export async function owedTo(store: Store, sink: string): Promise<readonly string[]> {
  const { items } = await store.deliveries({ sink, limit: 1000 })
  return items.map((one) => `${one.eventId} ${one.state} ${one.attempts}`).reverse()
}

/** Routes to sinks that are named after what they are, by the project's own router. */
export function routingOf(
  routes: readonly (Partial<RouteConfig> & Pick<RouteConfig, 'name' | 'to'>)[],
  orderBy: string | null = null,
): Routing {
  const names = new Set(routes.flatMap(({ to }) => to))
  const sinks = [...names].map((name): SinkConfig => {
    const options = { settings: { ...settings, orderBy }, options: {}, fingerprint: name }
    return { name, type: 'log', ...options }
  })
  const source = {
    name: 'feishu',
    type: 'feishu',
    path: '/in',
    events: ['approval_cc'],
    options: {},
    fingerprint: '',
  }
  const whole = routes.map((route) => ({
    from: undefined,
    match: undefined,
    enabled: true,
    ...route,
  }))
  return createRouting(
    { sources: [source], sinks, routes: whole, words: [] },
    { validate, sourceType: () => feishu, sinkType: () => undefined },
  )
}

/** In place of the schemas' validators, which Node makes from strings. */
const validate: RoutingContext['validate'] = (_type, data) =>
  ['CREATE', 'READ'].includes(String(data.operate)) ? [] : ['operate: must be CREATE or READ']
