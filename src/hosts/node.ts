import { messageOf } from '../core/errors.ts'
import { createFeed } from '../core/feed.ts'
import type { Log } from '../core/runtime.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { openAdmin } from './admin.ts'
import { loadPages } from './console-assets.ts'
import type { Environment } from './environment.ts'
import { linkFile } from './link-file.ts'
import { createMetricRegistry } from './metric-registry.ts'
import { createMetrics } from './metrics.ts'
import type { ConfigFile } from './node-config.ts'
import { createNodeRuntime, type NodeRuntime } from './node-runtime.ts'
import { listen, type NodeServer } from './node-server.ts'
import { openNodeStore } from './node-store.ts'
import { createReload, type Reload } from './reload.ts'
import { openTracing } from './tracing.ts'
import { createWakeTimer } from './wake-timer.ts'

export interface NodeGateway {
  readonly port: number
  /** The port of the admin surface, where it has its own. */
  readonly adminPort: number | undefined
  readonly reload: Reload['reload']
  /** Rejects when the store has ended by itself, so that the process has to. Never resolves. */
  readonly died: Promise<never>
  /** Takes no more requests, finishes what is in flight, gives the rest back to the store. */
  close(): Promise<void>
}

type Undo = () => Promise<void> | void

/**
 * Opens the store, links the plan, and serves it. What fails closes what was opened before it. `signal` ends the wait for
 * a store that is away; rejects with its reason.
 */
export async function openNodeGateway(
  file: ConfigFile,
  environment: Environment,
  log: Log,
  signal?: AbortSignal,
): Promise<NodeGateway> {
  const opened: Undo[] = []
  const close = async () => {
    for (const undo of opened.splice(0).reverse()) {
      // What does not close must not keep the rest open.
      await Promise.resolve(undo()).catch((error: unknown) =>
        log.error({ error: messageOf(error) }, 'something did not close'),
      )
    }
  }
  try {
    return { ...(await open(file, environment, { log, signal }, opened)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  file: ConfigFile,
  environment: Environment,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal | undefined },
  opened: Undo[],
): Promise<Omit<NodeGateway, 'close'>> {
  const runtime = await openRuntime(file, environment, log, opened)
  const { promise: died, reject: die } = Promise.withResolvers<never>()
  const store = await openNodeStore(environment.store, { log, signal, died: die })
  opened.push(() => store.close())
  let plan = await linkFile(file, runtime)
  const status = () => gateway.status()
  const connections = () => gateway.connections()
  const metrics = createMetrics(createMetricRegistry(), store, { status, connections })
  const feed = createFeed()
  feed.follow(metrics.observe)
  const { tokens, adminPort, port, host } = environment
  const wake = () => gateway.wake('now')
  const seen = { feed, metrics: metrics.render, plan: () => plan, status, wake }
  const pages = tokens && (await loadPages())
  const admin = openAdmin({ tokens, runtime, ledger: store, pages, ...seen })
  const timer = createWakeTimer(() => gateway.wake())
  const gateway = createGateway({
    plan,
    store,
    runtime,
    feed,
    wakeAt: timer.wakeAt,
    admin: adminPort === undefined ? admin.app : undefined,
    publicUrl: environment.publicUrl,
  })
  const servers: NodeServer[] = []
  const { reload, stop } = createReload(feed, log, async (read) => {
    const next = await read()
    plan = await linkFile(next, runtime, plan)
    runtime.follow(next.config.egress)
    gateway.follow(plan)
  })
  opened.push(() => closeAll(gateway, servers), timer.close, stop, admin.close)
  servers.push(await listen(gateway, { port, host }, runtime))
  if (adminPort !== undefined)
    servers.push(
      await listen(admin.app, { port: adminPort, host, variable: 'ADMIN_PORT' }, runtime),
    )
  gateway.connect()
  return { port: servers[0]?.port ?? port, adminPort: servers[1]?.port, died, reload }
}

async function openRuntime(
  { folder, config }: ConfigFile,
  { proxies, tracing }: Environment,
  log: Log,
  opened: Undo[],
): Promise<NodeRuntime> {
  const { tracer, close } = await openTracing(tracing, log)
  opened.push(close)
  const runtime = createNodeRuntime({ folder, log, proxies, ...(tracer && { tracer }) })
  runtime.follow(config.egress)
  opened.push(runtime.close)
  return runtime
}

/** At once: no new attempt is begun while the last requests are answered. */
async function closeAll(gateway: Gateway, servers: readonly NodeServer[]): Promise<void> {
  await Promise.all([gateway.close(), ...servers.map((server) => server.close())])
}
