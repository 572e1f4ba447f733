import { randomUUID } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'
import type { Query } from './connection.ts'
import { fromText, toText } from './text.ts'

const CHANNEL = 'lark_fanout'

/** What gateways tell each other, so that none waits for its next look at the store. Nothing depends on it. */
export interface Notices {
  /** Something that no lane holds is due of these sinks. */
  tell(sinks: Iterable<string>): void
  /** Hears what others tell, from now until it is closed. */
  listen(heard: (sink: string) => void): void
  close(): Promise<void>
}

/** However much is accepted, others are told of a sink so often at the most: to tell costs each transaction a lock. */
const TELL_EVERY_MS = 100

export function createNotices(query: Query, direct: ClientConfig, log: Log): Notices {
  const self = randomUUID()
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let listener: Listener | undefined

  const send = (words: readonly string[]) =>
    query(`SELECT pg_notify('${CHANNEL}', words) FROM unnest($1::text[]) AS words`, [
      words.map((word) => `${self} ${word}`),
    ])

  function tellWaiting(): void {
    timer = undefined
    if (waiting.size === 0) return
    timer = setTimeout(tellWaiting, TELL_EVERY_MS)
    // Where the database is out, everybody looks when it is back.
    send([...waiting].map((sink) => `:${toText(sink)}`)).catch(() => {})
    waiting.clear()
  }

  return {
    tell(sinks) {
      for (const sink of sinks) waiting.add(sink)
      if (timer === undefined) tellWaiting()
    },
    listen(heard) {
      const greet = () => send([GREETING])
      listener ??= createListener(direct, log, greet, (from, word) => {
        if (from === self) return word === GREETING
        if (word.startsWith(':')) heard(fromText(word.slice(1)))
        return false
      })
    },
    async close() {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
      await listener?.close()
    },
  }
}

/** What a listener says to itself, to know that it can hear. */
const GREETING = '?'
const HEARING_MS = 5_000
const RETRY_MS = 5_000

interface Listener {
  close(): Promise<void>
}

/** `heard` says whether it was the listener's own greeting. */
function createListener(
  config: ClientConfig,
  log: Log,
  greet: () => Promise<unknown>,
  heard: (from: string, word: string) => boolean,
): Listener {
  let closed = false
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const connection = new Client(config)
    client = connection
    // It ends in every case, and is opened anew then.
    connection.on('error', () => {})
    connection.on('end', () => {
      if (closed) return
      timer = setTimeout(connect, RETRY_MS)
    })
    connection.on('notification', ({ payload = '' }) => {
      const space = payload.indexOf(' ')
      if (heard(payload.slice(0, space), payload.slice(space + 1))) clearTimeout(timer)
    })
    try {
      await connection.connect()
      await connection.query(`LISTEN ${CHANNEL}`)
      timer = setTimeout(giveUp, HEARING_MS)
      await greet()
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'cannot listen for other gateways: trying again')
      connection.end().catch(() => {})
    }
  }

  /** A pooler takes the wish, and tells nobody anything. */
  function giveUp(): void {
    void close()
    const advice = 'DATABASE_DIRECT_URL, which leads to the server itself, makes it at once'
    log.info(
      {},
      `a pooler keeps notifications back: gateways hear of each other within a second; ${advice}`,
    )
  }

  async function close(): Promise<void> {
    closed = true
    clearTimeout(timer)
    await client?.end().catch(() => {})
  }

  void connect()
  return { close }
}
