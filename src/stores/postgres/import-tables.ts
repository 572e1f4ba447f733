import type { Kind } from '../move.ts'

/** Where a kind goes to. */
interface Destination {
  readonly table: string
  /** With their types; those that number themselves are not among them. */
  readonly columns: string
  /** What is kept of them; as they are without it. */
  readonly values?: string
  readonly where?: string
  /** As the source has it. */
  readonly sum: string
}

const HISTORY = {
  table: 'history',
  columns: `seq bigint, event bigint, accepted_at bigint, settled_at bigint, claim integer, attempts integer,
    dead boolean, sink text, order_key text, reason text`,
  sum: 'seq + claim',
}

export const DESTINATIONS: Readonly<Record<Kind, Destination>> = {
  events: {
    table: 'events',
    columns: `seq bigint, time bigint, accepted_at bigint, id text, type text, app_id text, tenant_key text,
      via text, problems text, raw text, traceparent text, instance_code text`,
    values: `seq, time, accepted_at, id, type, app_id, tenant_key, via, problems, raw, traceparent,
      lark_fanout.brief(instance_code)`,
    sum: 'seq + (problems IS NULL)::integer',
  },
  identities: {
    table: 'identities',
    columns: 'event bigint, accepted_at bigint, id text, app_id text, tenant_key text',
    values: `event, accepted_at, lark_fanout.brief(id), lark_fanout.brief(app_id), lark_fanout.brief(tenant_key)`,
    sum: 'event',
  },
  pending: {
    table: 'deliveries',
    columns: `seq bigint, event bigint, due_at bigint, accepted_at bigint, claim integer, unsettled integer,
      attempts integer, leased boolean, behind boolean, sink text, order_key text`,
    sum: 'seq + claim + attempts',
  },
  delivered: { ...HISTORY, where: 'NOT dead' },
  dead: { ...HISTORY, where: 'dead' },
  attempts: {
    table: 'attempts',
    columns: `delivery bigint, at bigint, duration_ms integer, n integer, status integer, error text,
      response text`,
    sum: 'delivery + n',
  },
  pauses: {
    table: 'pauses',
    columns: 'sink text, paused_by text, at bigint, options text',
    sum: 'at',
  },
  audit: {
    table: 'audit',
    columns: 'seq bigint, at bigint, actor text, action text, request text, outcome text',
    sum: 'seq + (outcome IS NOT NULL)::integer',
  },
}
