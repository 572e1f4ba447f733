import type { Config } from '../config/config.ts'
import type { Event } from '../core/event.ts'
import type { Routing } from '../core/plan.ts'

/** Where an event goes that this source brings. */
export interface SourceSinks {
  readonly source: string
  readonly sinks: readonly string[]
}

/** The sources that accept events of a type. */
export function acceptingSources(sources: Config['sources'], type: string): readonly string[] {
  const accepting = sources.filter(({ events }) => events === '*' || events.includes(type))
  return accepting.map(({ name }) => name)
}

/** Where an event goes by each of these sources; empty where it is the same by all of them. */
export function differingSinks(
  routing: Pick<Routing, 'route'>,
  event: Event,
  sources: readonly string[],
): readonly SourceSinks[] {
  const by = sources.map((source) => ({ source, sinks: routing.route({ ...event, via: source }) }))
  const kinds = new Set(by.map(({ sinks }) => JSON.stringify(sinks.toSorted())))
  return kinds.size > 1 ? by : []
}

/** `s1 sends it to a, s2 to nobody`. */
export function bySource(by: readonly SourceSinks[]): string {
  const texts = by.map(({ source, sinks }, index) => {
    return `${source} ${index === 0 ? 'sends it ' : ''}to ${sinks.join(', ') || 'nobody'}`
  })
  return texts.join('; ')
}
