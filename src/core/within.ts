/** Runs a task whose signal aborts after `timeoutMs`, and rejects then even when the task ignores its signal. */
export async function within<T>(
  timeoutMs: number,
  task: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = late()
    reject(error)
    controller.abort(error)
  }, timeoutMs)
  try {
    return await Promise.race([task(controller.signal), promise])
  } finally {
    clearTimeout(timer)
  }
}
