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

/** As `flushed`, for the last of what is written: Bun says nothing of what a pipe has not taken before its end. */
export function ended(stream: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (stream.destroyed) resolve()
  else
    stream
      .once('close', resolve)
      .once('error', () => resolve())
      .end(() => resolve())
  return promise
}
