import { Client, type ClientConfig } from 'pg'
import type { Log } from '../../core/runtime.ts'
import { whereIs } from './connection.ts'
import { explainError } from './errors.ts'
import { fromText } from './text.ts'

export const CHANNEL = 'lark_fanout'

/** By which notifications come. */
export interface Way {
  readonly config: ClientConfig
  /** DATABASE_DIRECT_URL named it: an operator says that no pooler is before it. */
  readonly isDirect: boolean
}

export interface Listener {
  close(): Promise<void>
}

export interface Waits {
  /** Its own greeting comes back to it by then, or there is somebody between who keeps it. */
  readonly hearingMs: number
  readonly retryMs: number
  /** Whoever is between stays there, most likely. */
  readonly deafRetryMs: number
}

const WAITS: Waits = { hearingMs: 5_000, retryMs: 5_000, deafRetryMs: 60_000 }

const ANSWER_MS = 10_000

/** `lost`: there is no connection, or none any more. `deaf`: there is one, and no notification comes by it. */
type Ending = 'lost' | 'deaf'

/**
 * Listens until it is closed, whatever happens to its connections. `greet` tells all who listen; `heard` says whether
 * that was this listener's own greeting.
 */
export function createListener(
  way: Way,
  log: Log,
  greet: () => Promise<unknown>,
  heard: (from: string, word: string) => boolean,
  waits = WAITS,
): Listener {
  const report = createReport(way, log)
  let closed = false
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined

  async function listen(): Promise<void> {
    const ending = await listenOnce().catch((error: unknown) => {
      if (!closed) report.failed(error)
      return 'lost'
    })
    client?.end().catch(() => {})
    if (!closed) timer = setTimeout(listen, ending === 'deaf' ? waits.deafRetryMs : waits.retryMs)
  }

  /** Until its connection ends. Rejects where it cannot begin. */
  async function listenOnce(): Promise<Ending> {
    const connection = new Client({ ...way.config, query_timeout: ANSWER_MS })
    client = connection
    connection.on('error', () => {})
    const lost = new Promise<Ending>((resolve) => connection.once('end', () => resolve('lost')))
    const greeted = new Promise<'hears'>((resolve) => {
      connection.on('notification', ({ payload = '' }) => {
        const [from = '', ...words] = fromText(payload).split(' ')
        if (heard(from, words.join(' '))) resolve('hears')
      })
    })
    await connection.connect()
    if (!way.isDirect && (await isPooled(connection))) return report.deaf()
    await connection.query(`LISTEN ${CHANNEL}`)
    // It goes by the store's own connections: where they are out, others say so.
    const sent = await greet().then(
      () => true,
      () => false,
    )
    if (!sent) return 'lost'
    const first = await firstOf(waits.hearingMs, greeted, lost)
    if (first === undefined) return report.deaf()
    if (first === 'hears') report.hears()
    return lost
  }

  void listen()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}

/** A pooler gives its clients numbers of its own. To `LISTEN` by it would only trouble whoever gets the connection next. */
async function isPooled(connection: Client): Promise<boolean> {
  const { rows } = await connection.query('SELECT pg_backend_pid() AS pid')
  return !('processID' in connection) || rows[0]?.pid !== connection.processID
}

/** Undefined where none of them has come by then. */
async function firstOf<T>(ms: number, ...promises: Promise<T>[]): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), ms)
  try {
    return await Promise.race([...promises, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Speaks when something has changed, and not at each try. */
function createReport({ config, isDirect }: Way, log: Log) {
  let trouble: Ending | undefined
  return {
    hears(): void {
      if (trouble) log.info({}, 'gateways hear of each other at once now')
      trouble = undefined
    },
    failed(error: unknown): void {
      const variable = isDirect ? 'DATABASE_DIRECT_URL' : 'DATABASE_URL'
      const { message } = explainError(error, whereIs(config))
      if (trouble !== 'lost') {
        log.warn({ error: message }, `cannot listen by ${variable}, trying on: ${MEANWHILE}`)
      }
      trouble = 'lost'
    },
    deaf(): Ending {
      if (trouble !== 'deaf') {
        if (isDirect) log.warn({}, `${DEAF_DIRECT}; ${MEANWHILE}`)
        else log.info({}, `a pooler keeps notifications back: ${MEANWHILE}; ${ADVICE}`)
      }
      trouble = 'deaf'
      return 'deaf'
    },
  }
}

const MEANWHILE = 'gateways hear of each other within a second'
const ADVICE = 'DATABASE_DIRECT_URL, which leads to the server itself, makes it at once'
const DEAF_DIRECT =
  'DATABASE_DIRECT_URL brings no notifications: does it lead to the same database, past the pooler?'
