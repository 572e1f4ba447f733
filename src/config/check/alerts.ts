import * as T from '@sinclair/typebox'
import { isObject, type Json } from '../../core/event.ts'
import { OWN_EVENTS } from '../../core/own-events.ts'
import type { AlertSettings } from '../../core/plan.ts'
import type { SinkConfig } from '../config.ts'
import { DURATION_PATTERN, parseDuration } from '../duration.ts'
import type { Finding } from './finding.ts'
import { createHints } from './suggest.ts'

const event = T.Union([T.Literal('*'), ...OWN_EVENTS.map((name) => T.Literal(name))])

export const alertsSchema = T.Object(
  {
    to: T.Array(T.String({ minLength: 1 }), {
      description: 'The sinks that get them: of any type, and whether routes name them or not.',
      minItems: 1,
      examples: [['ops']],
    }),
    events: T.Array(event, {
      description: 'Which of them; "*" for all.',
      minItems: 1,
      examples: [['*'], ['delivery.dead', 'breaker.opened']],
      default: ['*'],
    }),
    every: T.String({
      description:
        'How long the same news of the same sink or source is gathered, the first of it having gone at once.',
      pattern: DURATION_PATTERN,
      examples: ['5m', '1h'],
      default: '5m',
    }),
  },
  {
    additionalProperties: false,
    description:
      "Who is told of dead letters, breakers that open, a rejected routes.yaml and quarantined events, as the gateway's own events.",
  },
)

const everyMs = { min: 1000, max: 7 * 86_400_000, text: 'between 1s and 7d' }

/** What its schema cannot say of `alerts` as the file has it. */
export function checkAlerts(written: Json | undefined, sinks: ReadonlySet<string>): Finding[] {
  if (!isObject(written)) return []
  const ms = typeof written.every === 'string' ? parseDuration(written.every) : undefined
  const isOut = ms !== undefined && (ms < everyMs.min || ms > everyMs.max)
  const hint = createHints([...sinks])
  return [
    ...namesIn(written.to).flatMap((name, index) => {
      if (sinks.has(name)) return []
      const message = `no sink is called ${JSON.stringify(name)}${hint(name)}`
      return [{ path: ['to', String(index)], message }]
    }),
    ...(isOut ? [{ path: ['every'], message: `must be ${everyMs.text}` }] : []),
  ]
}

/** Of a value that its schema has given its defaults; what is not in order is not used. */
export function alertsOf(written: Json | undefined): AlertSettings | null {
  if (!isObject(written)) return null
  const named = namesIn(written.events)
  return {
    to: [...new Set(namesIn(written.to))],
    events: OWN_EVENTS.filter((name) => named.includes('*') || named.includes(name)),
    everyMs: parseDuration(String(written.every)) ?? 0,
  }
}

/** Sinks that alerts wait for, for the file keeps them from being sent anything. */
export function pausedAlerts(written: Json | undefined, sinks: readonly SinkConfig[]): Finding[] {
  const paused = new Set(sinks.filter(({ settings }) => settings.paused).map(({ name }) => name))
  const to = isObject(written) ? namesIn(written.to) : []
  return to.flatMap((name, index) => {
    const message = `${name} is paused: alerts wait until it is not`
    return paused.has(name) ? [{ path: ['to', String(index)], message }] : []
  })
}

function namesIn(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}
