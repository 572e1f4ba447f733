import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, type Problem } from '../core/errors.ts'
import { type CommonEnvironment, readCommonEnvironment } from './common-environment.ts'
import { type Proxies, readProxies } from './egress/proxies.ts'
import { readStoreAddress, type StoreAddress } from './store-address.ts'
import { readTracing, type TracingWish } from './tracing-settings.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** What the environment says of this gateway, checked. */
export interface Environment extends CommonEnvironment {
  readonly port: number
  readonly host: string
  readonly store: StoreAddress
  readonly adminPort: number | undefined
  readonly proxies: Proxies
  readonly tracing: TracingWish
}

/**
 * The environment as it is now: what the process was started with, then `.env` beside routes.yaml, then `.env` of the
 * working folder. Read anew at each reload, so that a route and its secret can come together.
 */
export function currentEnv(configFile: string): Env {
  const files = ['.env', join(dirname(configFile), '.env')].filter((file) => existsSync(file))
  const variables = files.map((file) => parseEnv(readFileSync(file, 'utf8')))
  return Object.assign({}, ...variables, process.env)
}

/** Throws ConfigError, which names every variable that is wrong; the values stay out of it. */
export function readEnvironment(env: Env): Environment {
  const problems: Problem[] = []
  const reject = (path: string, message: string) => void problems.push({ path, message })
  const environment = {
    port: port(env.PORT) ?? 3000,
    host: env.HOST || '0.0.0.0',
    store: readStoreAddress(env, reject),
    adminPort: port(env.ADMIN_PORT),
    ...readCommonEnvironment(env, reject),
    proxies: readProxies(env, reject),
    tracing: readTracing(env),
  }
  for (const name of ['PORT', 'ADMIN_PORT']) {
    if (Number.isNaN(port(env[name]))) reject(name, 'must be a port number, 0 to 65535')
  }
  if (environment.adminPort === environment.port && environment.port !== 0) {
    reject('ADMIN_PORT', 'must be another port than PORT; without it both are on one')
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return environment
}

/** NaN for what is no port. */
function port(text: string | undefined): number | undefined {
  if (!text) return undefined
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : Number.NaN
}
