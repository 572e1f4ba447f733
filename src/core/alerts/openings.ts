import type { Happening } from '../happening.ts'
import type { Plan } from '../plan.ts'
import type { News } from './news.ts'

/** What there is to know of a breaker beyond one happening: whether it was open anyway, and what made it open. */
export interface Openings {
  /** False of a breaker that opens once more before it has closed: an outage is told once, however long it lasts. */
  isNews(happening: Happening, sinks: Plan['sinks']): boolean
  /** Sinks whose breakers are open, each with the fingerprint that it had then. */
  readonly open: ReadonlyMap<string, string>
  /** Of an opening, what its sink's last failed attempt said; empty where that is not known. */
  errorOf(news: News): string
}

/** `known` are open from the start. With other options a sink's breaker begins anew. */
export function createOpenings(known: Iterable<readonly [string, string]>): Openings {
  const open = new Map(known)
  const errors = new Map<string, string>()
  return {
    open,
    isNews(happening, sinks) {
      if (happening.kind === 'attempted') note(errors, happening)
      if (happening.kind !== 'breaker') return true
      const { sink, state } = happening
      const fingerprint = sinks.get(sink)?.fingerprint ?? ''
      const wasOpen = open.get(sink) === fingerprint
      if (state === 'open') open.set(sink, fingerprint)
      else open.delete(sink)
      return !wasOpen
    },
    errorOf: ({ event, sink = '' }) => (event === 'breaker.opened' ? (errors.get(sink) ?? '') : ''),
  }
}

function note(
  errors: Map<string, string>,
  { sink, error }: Happening & { readonly kind: 'attempted' },
): void {
  if (error !== '') errors.set(sink, error)
  else if (errors.size > 0) errors.delete(sink)
}
