// What answers look like, for /api/openapi.json.

export const event = {
  ref: '17',
  id: 'f7984f25108f8137722bb63cee927e66',
  type: 'approval_cc',
  source: 'feishu',
  app_id: 'cli_9f5343c580712544',
  tenant_key: '2ca1d211f64f6438',
  state: 'quarantined',
  time: '2026-11-22T09:30:00.000Z',
  accepted_at: '2026-11-22T09:30:00.412Z',
  problems: ['event.operate: must be one of CREATE, READ'],
}

/** A callback's `event` object. */
export const payload = {
  app_id: 'cli_9f5343c580712544',
  tenant_key: '2ca1d211f64f6438',
  type: 'approval_cc',
  approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85',
  instance_code: '81D31358-93AF-92D6-7425-01A5D67C4E71',
  user_id: 'b613t51g',
  operate: 'CREATE',
}

export const callback = {
  ts: '1795339800.412000',
  uuid: event.id,
  token: '',
  type: 'event_callback',
  event: payload,
}

export const delivery = {
  id: '42',
  event: event.id,
  event_ref: '17',
  sink: 'finance',
  state: 'pending',
  attempts: 2,
  in_flight: false,
  order_key: null,
  accepted_at: '2026-11-22T09:30:00.412Z',
  next_attempt_at: '2026-11-22T09:30:15.100Z',
  settled_at: null,
  reason: null,
}

const attempt = {
  n: 1,
  at: '2026-11-22T09:30:00.420Z',
  duration_ms: 31,
  status: 503,
  error: 'HTTP 503',
  response: 'busy',
}

export const history = {
  ...event,
  state: 'accepted',
  problems: [],
  deliveries: [{ ...delivery, history: [attempt] }],
  body: callback,
}

export const sink = {
  name: 'finance',
  type: 'webhook',
  configured: true,
  paused: false,
  paused_by: [],
  breaker: 'closed',
  ready: true,
  in_flight: 2,
  backlog: 17,
  dead: 0,
  oldest_pending_at: '2026-11-22T09:30:00.412Z',
  rate_limit: null,
  order_by: null,
  delivered_per_minute: 120,
  failed_per_minute: 0,
}

export const route = {
  name: 'finance-created',
  from: null,
  match: { operate: 'CREATE' },
  to: ['finance', 'lake'],
  enabled: true,
  file: 'routes.yaml',
  line: 31,
}

export const explanation = {
  type: 'approval_cc',
  id: event.id,
  problems: [],
  routes: [
    { name: 'finance-created', matches: true, why: null, to: ['finance', 'lake'] },
    { name: 'reads', matches: false, why: 'operate: "CREATE" is not "READ"', to: ['hr-app'] },
  ],
  sinks: ['finance', 'lake'],
}

export const audit = {
  id: '5',
  at: '2026-11-22T09:40:00.000Z',
  actor: 'api alice',
  action: 'retry',
  request: { filter: { sink: 'finance' } },
  outcome: { retried: 17 },
}

export const replayed = {
  dry_run: true,
  events: 1200,
  cleared: 3,
  owed: 1180,
  sinks: { finance: 1180 },
}

/** A page of one. */
export const page = (item: object) => ({ items: [item], next: null })
