import { randomUUID } from 'node:crypto'
import type { Log } from '../../core/runtime.ts'
import type { Query } from './connection.ts'
import { CHANNEL, createListener, type Listener, type Waits, type Way } from './listener.ts'

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

/** What a listener says to itself, to know that it can hear. */
const GREETING = '?'

export function createNotices(query: Query, way: Way, log: Log, waits?: Waits): Notices {
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
    send([...waiting].map((sink) => `:${sink}`)).catch(() => {})
    waiting.clear()
  }

  return {
    tell(sinks) {
      for (const sink of sinks) waiting.add(sink)
      if (timer === undefined) tellWaiting()
    },
    listen(heard) {
      const greet = () => send([GREETING])
      const hear = (from: string, word: string) => {
        if (from === self) return word === GREETING
        if (word.startsWith(':')) heard(word.slice(1))
        return false
      }
      listener ??= createListener(way, log, greet, hear, waits)
    },
    async close() {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
      await listener?.close()
    },
  }
}
