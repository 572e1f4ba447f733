import { type Context, Hono } from 'hono'
import type { ConnectionStatus } from '../core/connections.ts'
import { messageOf, RejectedError } from '../core/errors.ts'
import type { IngestContext } from '../core/ingest.ts'
import type { Log, Runtime } from '../core/runtime.ts'
import { within } from '../core/within.ts'
import { createIntake, type IntakeRoom } from './intake.ts'
import {
  CONNECT_PATH,
  createEndpoint,
  ENDPOINT_PATH,
  type LongConnectionContext,
} from './long-connection.ts'
import { problem } from './problem.ts'
import { answerCallback } from './receive.ts'

export interface AppContext extends IngestContext, LongConnectionContext {
  /** Rejects with a message for the operator when the store cannot take events. */
  checkStore(): Promise<void>
  /** The sources that connect by themselves. */
  connections(): readonly ConnectionStatus[]
  /** The admin surface, where it is not on a port of its own. */
  readonly admin: Hono | undefined
  /** For callbacks that wait for their answer; 4,096 and 64 MiB of large ones by default. */
  readonly intakeRoom: IntakeRoom | undefined
}

/** The public surface: the sources' paths, the long connection and the health checks. */
export function createApp(context: AppContext): Hono {
  const app = createPlainApp(context.runtime.log)
  serve(app, 'GET', '/healthz', (c) => c.json({ status: 'ok' }))
  const check = onceASecond(context.runtime, context.checkStore)
  serve(app, 'GET', '/readyz', (c) => ready(c, check, context))
  serve(app, 'POST', ENDPOINT_PATH, createEndpoint(context))
  serve(app, 'GET', CONNECT_PATH, () => {
    throw new RejectedError(426, 'Connect here by WebSocket.', { Upgrade: 'websocket' })
  })
  if (context.admin) app.route('/', context.admin)
  const receiving = { ...context, intake: createIntake(context.runtime, context.intakeRoom) }
  // Sources come and go with routes.yaml, so their paths are looked up at each request.
  app.use('*', async (c, next) => {
    const source = context.plan().sources.find(({ path }) => path === c.req.path)
    if (!source) return next()
    if (c.req.method !== 'POST') throw notAllowed(['POST'])
    return answerCallback(receiving, source, c.req.raw)
  })
  return app
}

/** An app that answers everything that goes wrong as problem+json. The one place where errors become statuses. */
export function createPlainApp(log: Log): Hono {
  const app = new Hono()
  app.notFound(() => problem(new RejectedError(404, 'There is nothing at this path.')))
  app.onError((error) => {
    if (!(error instanceof RejectedError)) {
      log.error({ error: messageOf(error), stack: error.stack }, 'a request failed unexpectedly')
    }
    return problem(rejectionOf(error))
  })
  return app
}

/** What clients are told of an error: of what went wrong in here, nothing. */
export function rejectionOf(error: Error): RejectedError {
  if (error instanceof RejectedError) return error
  return new RejectedError(500, 'The request failed; the log says why.')
}

type Method = 'GET' | 'POST'

/** One method at one path, or both; every other method there is a 405. */
export function serve(
  app: Hono,
  method: Method | readonly Method[],
  path: string,
  handler: (c: Context) => Response | Promise<Response>,
): void {
  const methods = [method].flat()
  app.on(methods, path, handler)
  app.all(path, () => {
    throw notAllowed(methods)
  })
}

const CHECK_EVERY_MS = 1000

/** A check writes to the disk, and anyone may ask for one. */
function onceASecond({ now }: Runtime, check: () => Promise<void>): () => Promise<void> {
  let checkedAt = Number.NEGATIVE_INFINITY
  let last = Promise.resolve()
  return () => {
    // Either way: a clock that has been set back must not make the answer last.
    if (Math.abs(now() - checkedAt) < CHECK_EVERY_MS) return last
    checkedAt = now()
    last = check()
    return last
  }
}

/** Whoever asks does not wait longer than that. */
const CHECK_MS = 2500

async function ready(
  c: Context,
  check: () => Promise<void>,
  { connections, plan, runtime }: AppContext,
): Promise<Response> {
  try {
    await within(CHECK_MS, check, () => new Error(`no answer within ${CHECK_MS} ms`))
  } catch (error) {
    runtime.log.error({ error: messageOf(error) }, 'not ready: the store cannot take events')
    throw new RejectedError(503, 'The store cannot take events.', { 'Retry-After': '5' })
  }
  const connecting = connections()
  if (connecting.length === 0) return c.json({ status: 'ready' })
  const hasPaths = plan().sources.some(({ path }) => path !== undefined)
  if (!hasPaths && connecting.every(({ connected }) => !connected))
    throw new RejectedError(503, 'No source is connected.', { 'Retry-After': '5' })
  return c.json({ status: 'ready', sources: statesOf(connecting) })
}

function statesOf(connections: readonly ConnectionStatus[]): Record<string, string> {
  return Object.fromEntries(
    connections.map(({ source, connected }) => [source, connected ? 'connected' : 'connecting']),
  )
}

function notAllowed(methods: readonly Method[]): RejectedError {
  // Whatever answers GET answers HEAD.
  const allow = methods.join(', ').replace('GET', 'GET, HEAD')
  return new RejectedError(405, `Only ${allow} is answered here.`, { Allow: allow })
}
