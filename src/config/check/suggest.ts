import { didYouMean } from '../../core/suggest.ts'
import { MAX_PROBLEMS } from './finding.ts'

/** `didYouMean` among the same names, many times: at once for a name seen before, and silent once nobody would see it. */
export function createHints(known: readonly string[]): (written: string) => string {
  const hints = new Map<string, string>()
  return (written) => {
    const hint = hints.get(written) ?? (hints.size < MAX_PROBLEMS ? didYouMean(written, known) : '')
    hints.set(written, hint)
    return hint
  }
}
