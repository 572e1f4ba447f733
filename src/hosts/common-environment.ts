import type { Tokens } from '../http/guard.ts'
import type { Env } from './environment.ts'

/** What the environment says of a gateway on any host. */
export interface CommonEnvironment {
  /** Undefined where there is no admin surface but open metrics. */
  readonly tokens: Tokens | undefined
  /** Where the gateway is reached from outside; without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly logLevel: string
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const MIN_TOKEN = 16

/** `reject` hears of what is wrong, with the variable's name and without its value. */
export function readCommonEnvironment(
  env: Env,
  reject: (variable: string, message: string) => void,
): CommonEnvironment {
  const url = publicUrl(env.PUBLIC_URL)
  const logLevel = env.LOG_LEVEL || 'info'
  if (url === '') {
    reject('PUBLIC_URL', 'must be like https://events.example.com: no user, no query')
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    reject('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`)
  }
  return { tokens: readTokens(env, reject), publicUrl: url, logLevel }
}

function readTokens(
  { ADMIN_TOKEN: admin, VIEWER_TOKEN: viewer }: Env,
  reject: (variable: string, message: string) => void,
): Tokens | undefined {
  const isShort = (token: string) => token.length < MIN_TOKEN
  const tooShort = `must have ${MIN_TOKEN} characters or more`
  if (admin && isShort(admin)) reject('ADMIN_TOKEN', tooShort)
  if (viewer && isShort(viewer)) reject('VIEWER_TOKEN', tooShort)
  if (viewer && !admin) reject('VIEWER_TOKEN', 'needs an ADMIN_TOKEN beside it')
  if (viewer && viewer === admin) reject('VIEWER_TOKEN', 'must be another token than ADMIN_TOKEN')
  return admin ? { admin, viewer: viewer || undefined } : undefined
}

/** Empty for what is no address that a path can be put behind. */
function publicUrl(text: string | undefined): string | undefined {
  if (!text) return undefined
  const url = URL.parse(text)
  const isPlain = /^https?:\/\/[^@?#]+$/i.test(text) && url?.hostname
  return isPlain ? url.href.replace(/\/+$/, '') : ''
}
