import { messageOf } from '../../core/errors.ts'

interface Advice {
  /** What it is told by: SQLSTATE or Node's code, a space, and the message. */
  readonly when: RegExp
  /** What is wrong, and what to do. */
  readonly words: string
  /** The message says which file, or which name. */
  readonly quoted?: true
  /** It may be over in a moment. */
  readonly passes?: true
}

/** The first that fits. */
const ADVICE: readonly Advice[] = [
  {
    when: /client password must be a/,
    words: 'its URL has no password: postgres://<user>:<password>@<host>:<port>/<database>',
  },
  { when: /^28P01 /, words: 'it refuses the password: see to its URL' },
  {
    when: /^28000 /,
    words:
      'it refuses this user, or a connection like this one: see to its URL (sslmode=verify-full where it wants TLS), and to its pg_hba.conf',
  },
  {
    when: /^3D000 |database ".*" does not exist$/,
    words: 'there is no such database: create it, or see to its URL',
  },
  {
    when: /^42501 permission denied for database/,
    words: 'the user may not make a schema: GRANT CREATE ON DATABASE … TO the user',
  },
  {
    when: /^42501 /,
    words:
      'the user lacks a right to what is in the schema lark_fanout: enter as the role that the gateways use, which owns it',
  },
  { when: /^53100 |could not write init file/, words: 'its disk is full: make room' },
  {
    when: /^53300 /,
    words:
      'it has too many connections: each gateway takes up to 12; raise max_connections or put a pooler before it',
    passes: true,
  },
  {
    when: /no more connections allowed/,
    words: 'the pooler takes no more connections: raise its max_client_conn',
    passes: true,
  },
  {
    when: /server login has been failing/,
    words:
      'the pooler could not enter the database, and its log says why; pgbouncer tries again after server_login_retry, which should be 1',
    passes: true,
  },
  { when: /^25006 /, words: 'it only reads: its URL must lead to the primary' },
  { when: /^57P03 /, words: 'it is starting up or shutting down', passes: true },
  {
    when: /^(57P01|ECONNRESET|EPIPE) |Connection terminated unexpectedly/,
    words: 'it has ended the connection',
    passes: true,
  },
  { when: /^55P03 /, words: 'somebody else keeps a table locked: pg_locks says who' },
  { when: /^57014 /, words: 'a statement took too long' },
  {
    when: /^ECONNREFUSED /,
    words: 'nobody listens: is it running, and is its URL right?',
    passes: true,
  },
  { when: /^ENOTFOUND /, words: 'there is no such host: see to its URL' },
  { when: /^EAI_AGAIN /, words: 'its host cannot be looked up: does DNS answer?', passes: true },
  {
    when: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH) |timeout exceeded when trying|connection timeout$/,
    words: 'no connection in time: can it be reached, and are there connections to be had?',
    passes: true,
  },
  { when: /Query read timeout/, words: 'it does not answer', passes: true },
  {
    when: /does not support SSL connections/,
    words: 'it speaks no TLS: set that up, or take sslmode out of its URL',
  },
  {
    when: /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT\w*|SELF_SIGNED_CERT\w*|DEPTH_ZERO_\w+) /,
    words:
      'nobody known vouches for its certificate: name the certificate authority in its URL, sslrootcert=<a PEM file>',
  },
  {
    when: /^ERR_TLS_CERT_ALTNAME_INVALID /,
    words:
      'its certificate is made out to another host: let its URL name that one, or say sslmode=no-verify, which trusts whoever answers',
    quoted: true,
  },
  {
    when: /^\w+ .*, open '/,
    words: 'its URL names a file that cannot be read, as sslrootcert, sslcert or sslkey',
    quoted: true,
  },
]

/** For people: where it is, what is wrong and what to do. Neither password nor values are in it. */
export function explainError(error: unknown, where: string): Error {
  const message = messageOf(error)
  const { words = message, quoted } = adviceOn(error) ?? {}
  const said = quoted ? `${words} (${message})` : words
  return new Error(`Postgres at ${where}: ${said}`, { cause: error })
}

/** The database is away, or has no room for one more connection: the same may succeed in a while. */
export function isOutage(error: unknown): boolean {
  if (adviceOn(error)?.passes) return true
  return error instanceof Error && isOutage(error.cause)
}

function adviceOn(error: unknown): Advice | undefined {
  const text = `${codeOf(error) ?? ''} ${messageOf(error)}`
  return ADVICE.find(({ when }) => when.test(text))
}

/** Whoever waited for the other was ended, or the locks were too many: the same once more may succeed. */
const PASSING = ['40P01', '40001', '53200']

export function isPassing(error: unknown): boolean {
  return PASSING.includes(codeOf(error) ?? '')
}

/** It has waited for a lock as long as it may: `lock_timeout`. */
export function isLocked(error: unknown): boolean {
  return codeOf(error) === '55P03'
}

/**
 * The fault of what was to be written, and not of the database: class 22 is data, 23 a constraint. Not 54, a limit: no
 * text of ours is too long for an index, and a server that runs out of transaction numbers says so by it.
 */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}
