import { COUNTED_MS } from '../../http/guesses.ts'

/**
 * Wrong tokens are counted in memory, and the platform ends an isolate when nothing has come for 10 s: a timer keeps it
 * for as long as one counts. To be told of each answer.
 */
export function watchGuesses(): (request: Request, answer: Response) => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return (request, { status, headers }) => {
    const isOfGuard = status === 401 && headers.has('WWW-Authenticate')
    if (!isOfGuard || !request.headers.has('Authorization')) return
    clearTimeout(timer)
    timer = setTimeout(() => {}, COUNTED_MS)
  }
}
