import { statfsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  callbackOf,
  FEISHU,
  type Folder,
  openFolder,
  type Served,
  sealed,
  serve,
} from '../test/serve.ts'
import { slowFlushEnv } from './slow-flush.ts'

export const SINKS = ['finance', 'hr-app', 'lake']

/** As the Dockerfile starts it. */
const IMAGE_ENV = { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=8' }

export interface GatewayOptions {
  /** Every sink's address, or each one's by its name. */
  readonly url?: string
  readonly urls?: Readonly<Record<string, string>>
  readonly paused: boolean
  /** More options of every sink, as YAML has them: `concurrency: 4, timeout: 2s`. */
  readonly options?: string
  /** Other lines of routes.yaml. */
  readonly more?: string
  /** Writes the store's file before the gateway starts. */
  readonly fill?: (file: string) => Promise<void>
  /** As on an ordinary disk; see slow-flush.c. */
  readonly slowFlush?: boolean
  /** More of the gateway's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** A Postgres in place of the file. */
  readonly databaseUrl?: string
}

export interface BenchGateway extends Served {
  readonly port: number
  /** Puts another routes.yaml in force. */
  follow(options: GatewayOptions): Promise<void>
}

/** The gateway as users start it: a source with its keys, its store on the disk, three routes to three signed webhooks. */
export async function startGateway(options: GatewayOptions): Promise<BenchGateway> {
  await using started = new AsyncDisposableStack()
  const folder = started.use(await openFolder({ 'routes.yaml': routesYaml(options) }))
  refuseMemory(folder)
  if (options.fill) {
    await mkdir(join(folder.path, 'data'))
    await options.fill(join(folder.path, 'data', 'lark-fanout.db'))
  }
  const env = {
    ...IMAGE_ENV,
    ...options.env,
    ...(options.slowFlush && slowFlushEnv(folder.path)),
    ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
  }
  const served = started.use(await serve(folder, env))
  const port = Number(new URL(served.url).port)
  const all = started.move()
  const follow = async (next: GatewayOptions) => {
    await folder.write('routes.yaml', routesYaml(next))
    await served.logged('routes.yaml reloaded')
  }
  return { ...served, port, follow, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

function routesYaml({ url = '', urls, paused, options, more = '' }: GatewayOptions): string {
  const secret = `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`
  const sinks = Object.entries(urls ?? Object.fromEntries(SINKS.map((name) => [name, url])))
  const lines = sinks.map(
    ([name, address]) =>
      `  ${name}: { type: webhook, url: "${address}", secret: "${secret}", paused: ${paused}${options ? `, ${options}` : ''} }`,
  )
  const routes = sinks.map(
    ([name]) => `  - { name: to-${name}, match: { operate: CREATE }, to: [${name}] }`,
  )
  return [`${FEISHU}sinks:`, ...lines, 'routes:', ...routes, more].join('\n')
}

const TMPFS = 0x01021994

function refuseMemory({ path }: Folder): void {
  if (statfsSync(path).type !== TMPFS) return
  throw new Error(
    `${path} is in memory: set TMPDIR to a folder on a disk, where a flush costs something`,
  )
}

/** Callbacks as Feishu sends them, encrypted and signed, each with a new id, ready for the wire. */
export async function callbacks(count: number): Promise<Buffer[]> {
  const requests: Buffer[] = []
  for (let n = 0; n < count; n++) {
    const { headers, body } = await sealed(callbackOf())
    const lines = Object.entries({ ...headers, 'Content-Length': body.length })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    requests.push(
      Buffer.from(`POST /webhook/event HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n${body}`),
    )
  }
  return requests
}
