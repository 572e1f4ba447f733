import { COUNTED_MS } from '../../http/guesses.ts'

/**
 * Wrong tokens are counted in memory, and the platform ends an isolate when nothing has come for 10 s: a timer keeps it
 * for as long as one counts. To be told of each.
 */
export function watchGuesses(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(() => {}, COUNTED_MS)
  }
}
