import { link } from '../../src/config/link.ts'
import { compileValidators } from '../../src/config/validators.ts'
import type { EgressOptions } from '../../src/core/egress/rules.ts'
import type { Event } from '../../src/core/event.ts'
import { createFeed } from '../../src/core/feed.ts'
import type { Plan } from '../../src/core/plan.ts'
import { defineSink } from '../../src/core/plugin.ts'
import type { Store } from '../../src/core/store.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { createGateway } from '../../src/gateway.ts'
import type { Proxies } from '../../src/hosts/egress/proxies.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { feishu } from '../../src/sources/feishu.ts'
import type { Timing } from '../../src/sources/feishu-ws/connection.ts'
import { feishuWsWith } from '../../src/sources/feishu-ws.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { load } from '../config/load-text.ts'
import { recordingLog } from '../log.ts'
import { callbackOf } from '../serve.ts'
import { APP } from '../simulator/app.ts'

/** A Feishu that waits for nobody between two attempts. Its own times are as they really are. */
export async function openFeishu(options: Partial<SimulatorOptions> = {}) {
  const simulator = await openSimulator({
    apps: [APP],
    runtime: { crypto: nodeCrypto, now: Date.now },
    subscribed: [callbackOf().event.approval_code],
    wait: async () => {},
    connection: { ackMs: 20_000 },
    ...options,
  })
  return { ...simulator, [Symbol.asyncDispose]: simulator.close }
}

const TIMING: Partial<Timing> = { retryMs: 10, maxRetryMs: 40, refusedMs: 300, pongMs: 900 }

/** The source as most tests want it. */
export const sourceAt = (domain: string, more = '') =>
  `{ type: feishu-ws, app_id: ${APP.id}, app_secret: "\${SECRET}", domain: "${domain}", events: "*"${more} }`

export interface ConnectedOptions {
  /** What stands under `sources:`, a line each. */
  readonly sources: readonly string[]
  readonly store?: Store
  readonly proxies?: Proxies
  readonly deny?: readonly string[]
  readonly secret?: string
  readonly timing?: Partial<Timing>
  /** Names that sockets find on loopback. */
  readonly hosts?: readonly string[]
}

/** A real gateway in this process, and what its one sink has got. */
export async function openConnected({ store = openMemoryStore(), ...options }: ConnectedOptions) {
  const delivered: Event[] = []
  const recorder = defineSink({
    type: 'recorder',
    options: { type: 'object', properties: {} },
    open: () => ({ deliver: async (event: Event) => void delivered.push(event) }),
  })
  const log = recordingLog()
  const { proxies, deny, hosts = [], timing } = options
  const sourceTypes = [feishu, feishuWsWith({ ...TIMING, ...timing })]
  const runtime = createNodeRuntime({ folder: '.', log, ...(proxies && { proxies }) })
  if (deny) runtime.follow({ deny })
  const asked: string[] = []
  const watched: typeof runtime = {
    ...runtime,
    egress: {
      ...runtime.egress,
      lookup(host, more, callback) {
        if (!hosts.includes(host)) return runtime.egress.lookup(host, more, callback)
        callback(null, [{ address: '127.0.0.1', family: 4 }])
      },
    },
    fetch(url, init) {
      asked.push(url)
      return runtime.fetch(url, init)
    },
  }
  const planOf = async (sources: readonly string[], secret = APP.secret, previous?: Plan) => {
    const lines = sources.map((source) => `  ${source}\n`).join('')
    const text = `version: 1
sources:
${lines}sinks: { all: { type: recorder, concurrency: 64 } }
routes: [{ name: all, to: [all] }]
`
    const env = { SECRET: secret }
    const more = { env, sources: sourceTypes, resolveSink: async () => recorder }
    const context = {
      runtime: watched,
      validate: compileValidators(eventSchemas),
      sourceType: (type: string) => sourceTypes.find((known) => known.type === type),
      sinkType: () => recorder,
    }
    return link(await load(text, more), context, previous)
  }
  let plan = await planOf(options.sources, options.secret)
  const results: string[] = []
  const feed = createFeed()
  feed.follow((happening) => {
    if (happening.kind === 'received') results.push(`${happening.source} ${happening.result}`)
  })
  const gateway = createGateway({ plan, store, runtime: watched, feed, wakeAt() {} })
  gateway.connect()
  const get = (path: string) => gateway.fetch(new Request(`http://gateway${path}`))
  return {
    gateway,
    delivered,
    results,
    log,
    /** The addresses that were asked, in order. */
    asked,
    followEgress: (rules: EgressOptions) => runtime.follow(rules),
    isConnected: () => gateway.connections().every(({ connected }) => connected),
    async ready() {
      const answer = await get('/readyz')
      return { status: answer.status, body: await answer.json() }
    },
    async reload(sources: readonly string[], secret?: string) {
      plan = await planOf(sources, secret, plan)
      gateway.follow(plan)
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await runtime.close()
    },
  }
}
