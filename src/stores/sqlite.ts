import type {
  AuditEntry,
  Backlog,
  DeadSelection,
  DeliveryQuery,
  EventName,
  EventOutcome,
  Ledger,
  OweQuery,
  PageQuery,
  Pause,
  Redelivery,
  RetryBatch,
  StoredDelivery,
} from '../core/ledger.ts'
import type { Accepted, ClaimQuery, Release, Settlement } from '../core/outbox.ts'
import type { At, Rows, Step } from './pages.ts'
import { type BareStoredEvent, type StoredAuditEntry, storedDelivery } from './rows.ts'
import type { EventRows, EventsAt } from './search.ts'
import { discard, owe, retry } from './sqlite/changes.ts'
import { chooseDeliveries } from './sqlite/deliveries.ts'
import type { SqliteDriver, TallyingDriver } from './sqlite/driver.ts'
import { events, hasIndex } from './sqlite/events.ts'
import { type BareEventHistory, eventHistory, outcomes } from './sqlite/history.ts'
import * as operators from './sqlite/operators.ts'
import * as outbox from './sqlite/outbox.ts'
import { type PruneStep, prune, type StagedPrune } from './sqlite/prune.ts'

/** What can be asked of the database, by name. Plain data, for it may come from another thread. */
export interface Asks {
  accept: { readonly batch: readonly outbox.BareAcceptance[]; readonly now: number }
  claim: ClaimQuery
  nextDueAt: { readonly sink: string }
  settle: { readonly batch: readonly Settlement[] }
  release: { readonly batch: readonly Release[] }
  backlog: null
  wasOwed: { readonly sink: string }
  events: EventsAt
  event: EventName
  outcomes: { readonly seqs: readonly number[] }
  deliveries: At<DeliveryQuery>
  retry: { readonly selection: DeadSelection; readonly batch: At<RetryBatch> }
  owe: { readonly batch: readonly Redelivery[]; readonly query: OweQuery }
  discard: {
    readonly sink: string
    readonly reason: string
    readonly query: At<PageQuery & { readonly now: number }>
  }
  pauses: null
  pause: Pause
  resume: { readonly sink: string; readonly only: Pick<Pause, 'by' | 'options'> | undefined }
  record: AuditEntry
  conclude: { readonly id: string; readonly outcome: AuditEntry['request'] }
  audit: At<PageQuery>
  prune: StagedPrune
  hasIndex: null
  check: null
}

export interface Answers {
  accept: readonly Accepted[]
  claim: readonly outbox.BareClaimed[]
  nextDueAt: number | null
  settle: null
  release: null
  backlog: readonly Backlog[]
  wasOwed: boolean
  events: EventRows<BareStoredEvent>
  event: BareEventHistory | null
  outcomes: readonly EventOutcome[]
  deliveries: Rows<StoredDelivery>
  retry: Step
  owe: Awaited<ReturnType<Ledger['owe']>>
  discard: Step
  pauses: readonly Pause[]
  pause: null
  resume: null
  record: string
  conclude: null
  audit: Rows<StoredAuditEntry>
  prune: PruneStep
  hasIndex: boolean
  check: null
}

/** Each runs within a transaction that its caller has begun. */
export type Statements = { readonly [K in keyof Asks]: (ask: Asks[K]) => Answers[K] }

/** lark-fanout's SQL for SQLite, whatever engine runs it. */
export function sqliteStatements(db: TallyingDriver): Statements {
  return {
    accept: ({ batch, now }) => outbox.accept(db, batch, now),
    claim: (query) => outbox.claim(db, query),
    nextDueAt: ({ sink }) => outbox.nextDueAt(db, sink),
    settle: ({ batch }) => done(outbox.settle(db, batch)),
    release: ({ batch }) => done(outbox.release(db, batch)),
    backlog: () => backlog(db),
    wasOwed: ({ sink }) => db.rows('SELECT 1 FROM tallies WHERE sink = ?', sink).length > 0,
    events: (query) => events(db, query),
    event: (name) => eventHistory(db, name),
    outcomes: ({ seqs }) => outcomes(db, seqs),
    deliveries(query) {
      const { items, next } = chooseDeliveries(db, { ...query, order: 'newest first' })
      return { items: items.map(storedDelivery), next }
    },
    retry: ({ selection, batch }) => retry(db, selection, batch),
    owe: ({ batch, query }) => owe(db, batch, query),
    discard: ({ sink, reason, query }) => discard(db, sink, reason, query),
    pauses: () => operators.pauses(db),
    pause: (pause) => done(operators.pause(db, pause)),
    resume: ({ sink, only }) => done(operators.resume(db, sink, only)),
    record: (entry) => operators.record(db, entry),
    conclude: ({ id, outcome }) => done(operators.conclude(db, id, outcome)),
    audit: (query) => operators.audit(db, query),
    prune: (query) => prune(db, query),
    hasIndex: () => hasIndex(db),
    check: () => done(db.run('UPDATE checked SET times = times + 1')),
  }
}

/** What has no answer answers null: undefined says that a thread did not answer. */
function done(_work: unknown): null {
  return null
}

function backlog(db: SqliteDriver): readonly Backlog[] {
  const rows = db.rows(
    `SELECT sink, pending, dead, (
       SELECT accepted_at FROM deliveries d
       WHERE d.sink = tallies.sink AND d.state = 'pending' ORDER BY d.seq LIMIT 1
     ) AS oldest
     FROM tallies WHERE pending > 0 OR dead > 0`,
  )
  return rows.map(({ sink, pending, dead, oldest }) => ({
    sink: String(sink),
    pending: Number(pending),
    dead: Number(dead),
    oldestPendingAt: oldest === null ? null : Number(oldest),
  }))
}
