import type { Writable } from 'node:stream'

/** Resolves when all that was written has been handed over, or nobody reads any more: a process that ends before loses it. */
export async function flushed(stream: Writable): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    stream.off('close', done)
    resolve()
  }
  stream.once('close', done).write('', done)
  return promise
}

/**
 * What ends a stream, made before anything is written to it. It resolves as `flushed` does: Bun tells of what a pipe has
 * taken only at its end, and Node tells of no end after the reader has gone.
 */
export function createEnd(stream: Writable): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.once('close', resolve)
  return () => {
    if (stream.destroyed) resolve()
    else stream.once('error', () => resolve()).end(() => resolve())
    return promise
  }
}
