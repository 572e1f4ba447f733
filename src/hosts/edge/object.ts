import { restoreConfig, validateBundled } from '../../config/bundled.ts'
import { link } from '../../config/link.ts'
import { placeText } from '../../config/text/parts.ts'
import { concealAll } from '../../config/text/report.ts'
import { serveConsole } from '../../console/console.ts'
import { ConfigError, type Problem, RejectedError } from '../../core/errors.ts'
import { createFeed } from '../../core/feed.ts'
import type { Plan } from '../../core/plan.ts'
import type { Log } from '../../core/runtime.ts'
import { createGateway } from '../../gateway.ts'
import { createPlainApp, serve } from '../../http/app.ts'
import { openDurableObjectStore } from '../../stores/durable-object.ts'
import { openAdmin } from '../admin.ts'
import { type CommonEnvironment, readCommonEnvironment } from '../common-environment.ts'
import { createMetricRegistry } from '../metric-registry.ts'
import { createMetrics } from '../metrics.ts'
import { type Alarm, openAlarm } from './alarm.ts'
import type { Bundle } from './bundle.ts'
import { createEdgeLog } from './edge-log.ts'
import { guardedStore } from './guarded-store.ts'
import { openKept } from './kept.ts'
import { openKeptMetrics } from './kept-metrics.ts'
import { openLaneMemories } from './lane-memories.ts'
import type { Env, ObjectState } from './platform.ts'
import { roomFor } from './room.ts'
import { createEdgeRuntime, type EdgeRuntime } from './runtime.ts'
import { subscribeOnce } from './subscribe-once.ts'
import { watchGuesses } from './watch-guesses.ts'
import { type Send, sendAfresh } from './web-fetch.ts'

/** The gateway in its Durable Object. */
export interface OpenObject {
  fetch(request: Request): Promise<Response>
  /** The platform's alarm. */
  alarm(): void
  wake(): void
}

/** Where routes.yaml cannot be opened, the log says every problem, and everything is refused until the next deploy. */
export async function openObject(
  bundle: Bundle,
  state: ObjectState,
  env: Env,
): Promise<OpenObject> {
  const variables = variablesOf(env)
  const problems: Problem[] = []
  const reject = (path: string, message: string) => void problems.push({ path, message })
  const environment = readCommonEnvironment(variables, reject)
  const log = createEdgeLog(problems.length > 0 ? 'info' : environment.logLevel)
  let object = createClosed(log)
  const alarm = await openAlarm(state.storage, () => object.wake(), log)
  // An invocation of its own for each request: the object's own connections are six, for all sinks together.
  const send: Send = (url, init) => state.exports.Outgoing.fetch(url, init)
  const runtime = createEdgeRuntime({ log, send: sendAfresh(send, alarm.next) })
  try {
    const plan = await openPlan(bundle, variables, runtime)
    if (problems.length === 0) {
      object = await open(plan, runtime, state, { ...environment, ...bundle }, alarm)
      return object
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
  }
  const advice = 'the gateway cannot start: set what is missing, or deploy it anew'
  log.error({ problems: problems.map((problem) => shown(bundle, problem)) }, advice)
  return object
}

/** With its place in routes.yaml, where it has one. */
function shown({ config }: Bundle, { path, message, file, line, column = 1 }: Problem): string {
  const inFile = file ?? config.parts[0]?.name ?? ''
  const place = line === undefined ? '' : `${placeText({ file: inFile, line, column })}  `
  return `${place}${path}: ${message}`
}

function variablesOf(env: Env): Readonly<Record<string, string>> {
  const texts = Object.entries(env).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(texts.map(([name, value]) => [name, String(value)]))
}

async function openPlan(
  bundle: Bundle,
  variables: Readonly<Record<string, string>>,
  runtime: EdgeRuntime,
): Promise<Plan> {
  const config = await restoreConfig(bundle, variables)
  runtime.follow(config.egress)
  const linking = link(config, {
    runtime,
    validate: validateBundled(bundle.checks),
    sourceType: (type) => bundle.sourceTypes.find((known) => known.type === type),
    sinkType: (type) => bundle.sinkTypes.find((known) => known.type === type),
  })
  // What a plug says of why it does not open may hold its options.
  return linking.catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    const conceal = (message: string) => concealAll(message, config.words)
    throw new ConfigError(
      error.problems.map((problem) => ({ ...problem, message: conceal(problem.message) })),
    )
  })
}

async function open(
  plan: Plan,
  runtime: EdgeRuntime,
  { storage }: ObjectState,
  { tokens, publicUrl, assets }: CommonEnvironment & Pick<Bundle, 'assets'>,
  alarm: Alarm,
): Promise<OpenObject> {
  const store = guardedStore(openDurableObjectStore(storage), alarm.guard)
  const status = () => gateway.status()
  const connections = () => gateway.connections()
  const kept = await openKeptMetrics(storage, runtime.log)
  const { observe, render } = createMetrics(createMetricRegistry(kept), store, {
    status,
    connections,
  })
  const feed = createFeed()
  feed.follow(observe)
  const wake = () => gateway.wake('now')
  const seen = { feed, metrics: render, plan: () => plan, status, wake }
  const guessed = watchGuesses()
  const pages = { serve: serveConsole, assets }
  const { app: admin } = openAdmin({ tokens, runtime, ledger: store, pages, guessed, ...seen })
  const time = { wakeAt: alarm.wakeAt, lookEveryMs: Number.POSITIVE_INFINITY }
  const memories = await openLaneMemories(plan, storage, runtime.log)
  const alertMemory = await openKept(storage, 'alerts', runtime.log)
  const host = { ...time, ...roomFor(plan), memories, alertMemory, greets: false }
  const gateway = createGateway({ plan, store, runtime, feed, admin, publicUrl, ...host })
  subscribeOnce(plan, storage, runtime.log)
  const lookAround = every(LOOK_AROUND_MS, wake)
  return {
    async fetch(request) {
      lookAround()
      return gateway.fetch(request, callerOf(request))
    },
    alarm() {
      alarm.rang()
      if (status().some(({ inFlight }) => inFlight > 0)) alarm.guard()
      gateway.wake()
    },
    wake: () => gateway.wake(),
  }
}

/** For what nobody announced, a settlement that could not be written for one: by any request, and the cron makes one. */
const LOOK_AROUND_MS = 30_000

function every(ms: number, task: () => void): () => void {
  let doneAt = Date.now()
  return () => {
    if (Math.abs(Date.now() - doneAt) < ms) return
    doneAt = Date.now()
    task()
  }
}

/** What Node's server says of a request, in its form: where it came from. The platform sets the header itself. */
function callerOf(request: Request): object {
  const remoteAddress = request.headers.get('cf-connecting-ip') ?? ''
  return { incoming: { socket: { remoteAddress } } }
}

/** Feishu sends again what is refused like that. */
function createClosed(log: Log): OpenObject {
  const app = createPlainApp(log)
  serve(app, 'GET', '/healthz', (c) => c.json({ status: 'ok' }))
  app.all('*', () => {
    throw new RejectedError(503, 'The gateway is not ready.', { 'Retry-After': '15' })
  })
  return { fetch: async (request) => app.fetch(request), alarm() {}, wake() {} }
}
