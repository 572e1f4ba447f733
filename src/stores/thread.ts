import { type MessagePort, Worker } from 'node:worker_threads'

/** A worker thread that answers one question at a time, in order. */
export interface Thread<Question, Answer> {
  /** Rejects when the thread has ended. */
  ask(question: Question): Promise<Answer>
  /** Answers what was asked before, then ends the thread. */
  close(): Promise<void>
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: Error }

/** What a thread does, in the thread: made once at its start, and closed at its end. */
export interface ThreadWork<Question, Answer> {
  answer(question: Question): Answer
  close(): void
}

interface Pending<Answer> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/**
 * Resolves when the thread is at work; rejects with what its start threw. `died` hears of an end that nobody asked for.
 */
export async function openThread<Question, Answer>(
  url: URL,
  data: unknown,
  died: (error: Error) => void = () => {},
): Promise<Thread<Question, Answer>> {
  const worker = new Worker(url, { workerData: data, name: 'lark-fanout store' })
  const pending: Pending<Answer>[] = []
  let ended: Error | undefined
  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of pending.splice(0)) reject(ended)
  }
  worker.on('message', (reply: Reply<Answer>) => {
    const asked = pending.shift()
    if ('error' in reply) asked?.reject(reply.error)
    else asked?.resolve(reply.answer)
  })
  worker.on('error', (error) => end(stopped(String(error))))
  worker.on('exit', (code) => {
    end(code === 0 ? new Error('the store is closed') : stopped(`exit code ${code}`))
    if (ended && code !== 0) died(ended)
  })

  const reply = (send?: () => void) =>
    new Promise<Answer>((resolve, reject) => {
      if (ended) return reject(ended)
      send?.() // First: what cannot be sent will not be answered.
      pending.push({ resolve, reject })
    })
  await reply() // The first says that the work is open.
  return {
    ask: (question) => reply(() => worker.postMessage({ question })),
    async close() {
      if (ended) return
      const exit = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage({ close: true })
      await exit
    },
  }
}

/**
 * Opens at the first question, for a thread takes 0.1 s to start and may never be needed; and anew after it has died,
 * for one that only reads leaves nothing half done.
 */
export function openLazily<Question, Answer>(
  open: (died: () => void) => Promise<Thread<Question, Answer>>,
): Thread<Question, Answer> {
  let thread: Thread<Question, Answer> | undefined
  let closed = false
  const forget = () => {
    thread = undefined
  }
  return {
    async ask(question) {
      if (closed) throw new Error('the store is closed')
      thread ??= await open(forget)
      return thread.ask(question)
    },
    async close() {
      closed = true
      await thread?.close()
    },
  }
}

function stopped(cause: string): Error {
  return new Error(`the store's thread has stopped (${cause}): restart the gateway`)
}

/** The other end, called in the thread. */
export function serveThread<Question, Answer>(
  port: MessagePort,
  open: () => ThreadWork<Question, Answer>,
): void {
  let work: ThreadWork<Question, Answer>
  try {
    work = open()
  } catch (error) {
    port.postMessage({ error })
    return
  }
  port.on('message', (message: { readonly question: Question } | { readonly close: true }) => {
    if ('question' in message) return port.postMessage({ answer: work.answer(message.question) })
    work.close()
    // Nothing else keeps the thread. Not close(), which Deno lacks.
    port.unref()
  })
  port.postMessage({ answer: null })
}
