import { ConfigError } from '../../core/errors.ts'
import { timestampOf } from '../../core/operations/operation.ts'
import type { ReplayRequest } from '../../core/operations/replay.ts'
import { timeParam } from '../parts/time-field.ts'
import { href } from '../visit.ts'

export const PATH = '/console/replay'

/** What an address or a form says. */
export type Given = (name: string) => string | undefined

const HOUR_MS = 60 * 60 * 1000

/** Up to now, for who would rather not type a time. */
export const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const
export type Span = keyof typeof SPANS

/** What a replay is asked for, whether it counts or does it. */
export type Asked = Omit<ReplayRequest, 'dryRun' | 'match'>

/** Throws ConfigError where it is not said from when on. What else may be wrong, `replay` says. */
export function askedOf(given: Given, now: number): Asked {
  const last = Object.entries(SPANS).find(([name]) => name === given('last'))
  const since = timeParam(given('since')) ?? (last && now - last[1])
  if (since === undefined) throw new ConfigError([{ path: 'since', message: 'is missing' }])
  const until = given('until')
  return {
    since,
    // What is no time is earlier than any: nobody means “now” by it.
    until: until === undefined ? now : (timeParam(until) ?? 0),
    sink: given('sink'),
    route: given('route'),
    resend: given('resend') !== undefined,
  }
}

/** The same as an address or a form has it, to the millisecond. */
export function paramsOf({ since, until, sink, route, resend }: Asked) {
  return {
    since: timestampOf(since),
    until: timestampOf(until),
    sink,
    route,
    resend: resend ? '1' : undefined,
  }
}

const PARAMS = ['since', 'until', 'sink', 'route', 'resend'] as const

/** Where that is counted which a form asks for, as it was given; and what there is to say before. */
export function countHref(given: Given, more: Readonly<Record<string, string>> = {}): string {
  const asked = PARAMS.map((name) => [name, given(name)] as const)
  return href(PATH, { ...Object.fromEntries(asked), count: '1', ...more })
}
