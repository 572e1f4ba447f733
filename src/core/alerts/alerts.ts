import type { Feed } from '../feed.ts'
import type { Happening } from '../happening.ts'
import { accept, type IngestContext, owedBy } from '../ingest.ts'
import type { AlertSettings } from '../plan.ts'
import { createTally } from '../tally.ts'
import { type Addresses, ownEvent } from './event.ts'
import {
  type AlertMemory,
  noMemory,
  type Remembered,
  type RememberedTopic,
  remembered,
} from './memory.ts'
import { type Gathered, gather, inTurn, type News, newsOf, together, topicOf } from './news.ts'
import { createOpenings, type Openings } from './openings.ts'

/** Tells the sinks of `alerts:` what happens at the gateway, as events that are stored and delivered like any other. */
export interface Alerts {
  /** Tells what it is time to tell. */
  wake(): void
  /** Tells all that is gathered, and what comes from now on at once: the process is to end. */
  hasten(): void
  /** Resolves when nothing is on its way to the store; true where something was, since it was last asked. */
  idle(): Promise<boolean>
  /** Hears no more, and tells what is left. What the store does not take is lost, and the log says how much. */
  close(): Promise<void>
}

export interface AlertsContext
  extends Pick<IngestContext, 'outbox' | 'dispatch' | 'runtime' | 'inTime' | 'plan'> {
  readonly follow: Feed['follow']
  /** Asks the host to wake at that time, in Unix milliseconds. */
  wakeAt(time: number): void
  readonly addresses: Addresses
  /** Without it, each start begins anew. */
  readonly memory?: AlertMemory | undefined
}

/** News of one thing: the first goes at once, those that follow are gathered until `nextAt`. */
interface Topic {
  gathered: Gathered | undefined
  /** Unix milliseconds. */
  nextAt: number
  /** What the store is being asked to take. */
  telling: Promise<void> | undefined
  /** How long to wait when the store does not take it. */
  retryMs: number
}

interface State {
  readonly context: AlertsContext
  readonly topics: Map<string, Topic>
  readonly openings: Openings
  /** Hear of what is left out, and of what the store does not take. */
  readonly tooMany: () => void
  readonly untaken: (fields: { readonly error: string }) => void
  isHasty: boolean
  hasTold: boolean
}

/** More things at once than a file has sinks and Feishu event types. */
const MAX_TOPICS = 1000

const RETRY_MS = { first: 1000, longest: 60_000 }

export function createAlerts(context: AlertsContext): Alerts {
  const state = createState(context)
  for (const { nextAt } of state.topics.values()) context.wakeAt(nextAt)
  const end = context.follow((happening) => hear(state, happening))
  return {
    wake: () => wake(state),
    hasten() {
      state.isHasty = true
      wake(state)
    },
    idle: () => idle(state),
    async close() {
      end()
      state.isHasty = true
      await idle(state)
      wake(state)
      await idle(state)
      logLost(state)
    },
  }
}

function createState(context: AlertsContext): State {
  const { runtime, memory = noMemory } = context
  const { topics, open } = remembered(memory.saved)
  return {
    context,
    topics: new Map(topics.map(({ key, ...topic }) => [key, topicWith(topic)])),
    openings: createOpenings(open),
    tooMany: createTally(runtime, 'too much to tell of at once: some alerts are left out'),
    untaken: createTally(runtime, 'the store cannot take an alert: it is tried again', 'error'),
    isHasty: false,
    hasTold: false,
  }
}

function topicWith({ gathered, nextAt }: Pick<RememberedTopic, 'gathered' | 'nextAt'>): Topic {
  return { gathered, nextAt, telling: undefined, retryMs: RETRY_MS.first }
}

/** Gives the host what the next process has to know. */
function keep({ context, topics, openings }: State): void {
  context.memory?.changed((): Remembered => {
    const kept = [...topics].map(([key, { gathered, nextAt }]) => ({ key, gathered, nextAt }))
    return { version: 1, topics: kept, open: [...openings.open] }
  })
}

function hear(state: State, happening: Happening): void {
  const { alerts, sinks } = state.context.plan()
  if (alerts === null) return
  const isNews = state.openings.isNews(happening, sinks)
  if (happening.kind === 'breaker') keep(state)
  if (!isNews) return
  const news = newsOf(happening)
  if (news === undefined || !isWanted(news, alerts)) return
  const topic = topicFor(state, topicOf(news))
  if (topic === undefined) {
    state.tooMany()
    return
  }
  const error = news.error || state.openings.errorOf(news)
  const turn = Math.floor(tellingAt(state, topic, alerts) / alerts.everyMs)
  topic.gathered = gather(topic.gathered, inTurn({ ...news, error }, turn))
  if (isDue(state, topic)) tell(state, topic)
  keep(state)
}

/** Nothing is ever told of a sink that alerts go to: that would go round in circles. */
function isWanted({ event, sink }: News, { to, events }: AlertSettings): boolean {
  return events.includes(event) && (sink === undefined || !to.includes(sink))
}

function topicFor({ topics, context }: State, key: string): Topic | undefined {
  const known = topics.get(key)
  if (known || topics.size >= MAX_TOPICS) return known
  const topic = topicWith({ nextAt: context.runtime.now() })
  topics.set(key, topic)
  return topic
}

/** When news of now is told, if all goes well: at least `every` after what was told before. */
function tellingAt({ context }: State, topic: Topic, { everyMs }: AlertSettings): number {
  const now = context.runtime.now()
  return topic.telling === undefined ? Math.max(now, topic.nextAt) : now + everyMs
}

function isDue({ context, isHasty }: State, { nextAt, telling }: Topic): boolean {
  return telling === undefined && (isHasty || nextAt <= context.runtime.now())
}

function wake(state: State): void {
  const { topics, context } = state
  const { alerts } = context.plan()
  const now = context.runtime.now()
  for (const [key, topic] of topics) {
    // A clock that was set back must not keep it waiting for as long.
    topic.nextAt = Math.min(topic.nextAt, now + Math.max(alerts?.everyMs ?? 0, RETRY_MS.longest))
    const { gathered, telling } = topic
    const isOver = alerts === null || !gathered || !isWanted(gathered.first, alerts)
    if (telling !== undefined) continue
    if (!isDue(state, topic)) context.wakeAt(topic.nextAt)
    else if (isOver) topics.delete(key)
    else tell(state, topic)
  }
}

function tell(state: State, topic: Topic): void {
  const { gathered } = topic
  const { plan, runtime, wakeAt } = state.context
  if (!gathered) return
  topic.gathered = undefined
  state.hasTold = true
  const telling = store(state, gathered).then(
    () => {
      topic.retryMs = RETRY_MS.first
      topic.nextAt = runtime.now() + (plan().alerts?.everyMs ?? 0)
    },
    // Why, the log has by now.
    () => {
      topic.gathered = topic.gathered ? together(gathered, topic.gathered) : gathered
      topic.nextAt = runtime.now() + topic.retryMs
      topic.retryMs = Math.min(topic.retryMs * 2, RETRY_MS.longest)
    },
  )
  topic.telling = telling.then(() => {
    topic.telling = undefined
    wakeAt(topic.nextAt)
    keep(state)
  })
}

/** Owes it to the sinks that alerts go to now. */
async function store({ context, untaken }: State, gathered: Gathered): Promise<void> {
  const { runtime, plan, inTime, addresses } = context
  const event = await ownEvent(gathered, addresses, runtime.crypto)
  const { alerts, sinks } = plan()
  const owed = owedBy(event, alerts?.to ?? [], { sinks })
  await inTime(() => accept({ ...context, untaken }, event, [], owed))
}

async function idle(state: State): Promise<boolean> {
  const { hasTold } = state
  state.hasTold = false
  await Promise.all([...state.topics.values()].map(({ telling }) => telling))
  return hasTold
}

function logLost({ topics, context }: State): void {
  const left = [...topics.values()].flatMap(({ gathered }) => gathered ?? [])
  if (left.length === 0) return
  const fields = { alerts: left.length }
  context.runtime.log.error(fields, 'cannot store what there is to tell: these alerts are lost')
}
