const BEGINNING_BYTES = 16 * 1024

export interface Beginning {
  /** Rejects when the body breaks; resolves early, with what there is, when it is too long or takes too long. */
  readonly text: Promise<string>
  /** The clock starts with the headers. */
  start(): void
  add(chunk: Uint8Array): void
  end(): void
  fail(reason: Error): void
}

/**
 * Collects a body's first 16 KiB as it arrives, for a receiver may send without end. `onDone` is called once, with the
 * reason where the rest of the body is not wanted.
 */
export function createBeginning(withinMs: number, onDone: (why?: Error) => void): Beginning {
  const chunks: Uint8Array[] = []
  const { promise: text, resolve, reject } = Promise.withResolvers<string>()
  // Nobody has to read it.
  text.catch(() => {})
  let size = 0
  let done = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const finish = (why?: Error) => {
    if (done) return
    done = true
    clearTimeout(timer)
    resolve(decode(chunks))
    onDone(why)
  }
  return {
    text,
    start() {
      timer = setTimeout(() => finish(new Error('the body took too long')), withinMs)
    },
    add(chunk) {
      chunks.push(chunk)
      size += chunk.length
      if (size > BEGINNING_BYTES) finish(new Error('the body is too long'))
    },
    end: () => finish(),
    fail(reason) {
      reject(reason)
      finish(reason)
    },
  }
}

/** Drops a character that the cut has halved. */
function decode(chunks: readonly Uint8Array[]): string {
  const beginning = new Uint8Array(BEGINNING_BYTES)
  let size = 0
  for (const chunk of chunks) {
    const fitting = chunk.subarray(0, BEGINNING_BYTES - size)
    beginning.set(fitting, size)
    size += fitting.length
  }
  return new TextDecoder().decode(beginning.subarray(0, size), { stream: true })
}
