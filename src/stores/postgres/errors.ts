import { messageOf } from '../../core/errors.ts'

const NO_CONNECTION =
  'no connection in time: can it be reached, and are there connections to be had?'

/** By SQLSTATE, by Node's code, or by what the client says without either: what is wrong, and what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the password: see to DATABASE_URL',
  '28000': 'it refuses this user: see to DATABASE_URL and to its pg_hba.conf',
  '3D000': 'there is no such database: create it, or see to DATABASE_URL',
  '42501':
    'the user lacks a right: GRANT CREATE ON DATABASE … TO the user, or migrate as its owner',
  '53100': 'its disk is full: make room',
  '53300':
    'it has too many connections: each gateway takes up to 12; raise max_connections or put a pooler before it',
  '25006': 'it only reads: DATABASE_URL must lead to the primary',
  '57P03': 'it is starting up or shutting down',
  '57P01': 'it has ended the connection',
  '57014': 'a statement took too long',
  ECONNREFUSED: 'nobody listens: is it running, and is DATABASE_URL right?',
  ENOTFOUND: 'there is no such host: see to DATABASE_URL',
  'timeout exceeded when trying to connect': NO_CONNECTION,
  'Connection terminated due to connection timeout': NO_CONNECTION,
  'Query read timeout': 'it does not answer',
  'The server does not support SSL connections':
    'it speaks no TLS: set that up, or take sslmode out of DATABASE_URL',
}

/** For people: where it is, what is wrong and what to do. Neither password nor values are in it. */
export function explainError(error: unknown, where: string): Error {
  const message = messageOf(error)
  const words = ADVICE[codeOf(error) ?? message] ?? message
  return new Error(`Postgres at ${where}: ${words}`, { cause: error })
}

/** Whoever waited for the other was ended, or the locks were too many: the same once more may succeed. */
const PASSING = ['40P01', '40001', '53200']

export function isPassing(error: unknown): boolean {
  return PASSING.includes(codeOf(error) ?? '')
}

/** The fault of what was to be written, and not of the database: class 22 is data, 23 a constraint. */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}
