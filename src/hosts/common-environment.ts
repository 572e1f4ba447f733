import type { Env } from './environment.ts'

/** What the environment says of a gateway on any host. */
export interface CommonEnvironment {
  readonly adminToken: string | undefined
  /** Where the gateway is reached from outside; without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly logLevel: string
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const MIN_ADMIN_TOKEN = 16

/** `reject` hears of what is wrong, with the variable's name and without its value. */
export function readCommonEnvironment(
  env: Env,
  reject: (variable: string, message: string) => void,
): CommonEnvironment {
  const adminToken = env.ADMIN_TOKEN || undefined
  const url = publicUrl(env.PUBLIC_URL)
  const logLevel = env.LOG_LEVEL || 'info'
  if (adminToken !== undefined && adminToken.length < MIN_ADMIN_TOKEN) {
    reject('ADMIN_TOKEN', `must have ${MIN_ADMIN_TOKEN} characters or more`)
  }
  if (url === '') {
    reject('PUBLIC_URL', 'must be like https://events.example.com: no user, no query')
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    reject('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`)
  }
  return { adminToken, publicUrl: url, logLevel }
}

/** Empty for what is no address that a path can be put behind. */
function publicUrl(text: string | undefined): string | undefined {
  if (!text) return undefined
  const url = URL.parse(text)
  const isPlain = /^https?:\/\/[^@?#]+$/i.test(text) && url?.hostname
  return isPlain ? url.href.replace(/\/+$/, '') : ''
}
