import { messageOf } from '../errors.ts'
import { optionsMark } from '../options-mark.ts'
import type { LiveSink } from '../plan.ts'
import type { Runtime } from '../runtime.ts'
import { within } from '../within.ts'
import type { Breaker } from './breaker.ts'
import { createRate, type Rate } from './rate.ts'
import { ANSWER_MS, atRest, CLOCKS_MS, keyText, type SharedLanes, type SinkKey } from './shared.ts'
import { type BreakerLink, createSharedBreaker } from './shared-breaker.ts'
import { createSharedRate } from './shared-rate.ts'

/** Gives lanes the rates and breakers that they share with the lanes of other gateways over the same store. */
export interface Sharing {
  rate(live: LiveSink, pump: () => void): Rate
  breaker(live: LiveSink, lane: Pick<BreakerLink, 'changed' | 'pump'>): Breaker
  /** Reads what others have told of these lanes' breakers, at most once a second; `soon`, ten times. Never rejects. */
  refresh(lanes: Iterable<Listener>, at?: 'now' | 'soon'): Promise<void>
}

interface Listener {
  readonly live: LiveSink
  readonly listen: Breaker['listen']
}

const REFRESH_EVERY_MS = { now: 0, soon: 100, sometime: 1000 }

export function createSharing(shared: SharedLanes, runtime: Pick<Runtime, 'now' | 'log'>): Sharing {
  const { now } = runtime
  const inTouch = createTouch(runtime)
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  async function read(lanes: Iterable<Listener>): Promise<void> {
    readAt = now()
    const listening = [...lanes].map(({ live, listen }) => ({ key: keyOf(live), hear: listen() }))
    const breakers = await inTouch.ask(() => shared.breakers(), 'in any case')
    const told = new Map(breakers?.map((one) => [keyText(one), one]))
    for (const { key, hear } of breakers ? listening : []) hear(told.get(keyText(key)) ?? atRest)
  }

  return {
    rate({ name: sink, settings }, pump) {
      if (settings.rateLimit === null) return createRate(null, now())
      return createSharedRate(settings.rateLimit, {
        now,
        pump,
        ask: (query) => inTouch.ask(() => shared.slots({ ...query, sink })),
      })
    },
    breaker(live, lane) {
      const { breaker, timeoutMs } = live.settings
      const key = keyOf(live)
      return createSharedBreaker(breaker, timeoutMs + CLOCKS_MS, {
        ...lane,
        now,
        report: (report) => inTouch.ask(() => shared.report({ ...report, ...key })),
        try: (query) => inTouch.ask(() => shared.try({ ...query, ...key })),
      })
    },
    async refresh(lanes, at) {
      if (Math.abs(now() - readAt) < REFRESH_EVERY_MS[at ?? 'sometime']) return
      await reading
      reading ??= read(lanes).finally(() => {
        reading = undefined
      })
      await reading
    },
  }
}

function keyOf(live: LiveSink): SinkKey {
  return { sink: live.name, mark: optionsMark(live) }
}

const ALONE =
  'cannot ask the store for rates and breakers: this gateway goes by its own breakers, and sends nothing more to sinks with a rate_limit'

/**
 * Gives undefined where the store does not answer, says so once, and then asks no more until it has answered one that is
 * asked in any case: nobody waits each time anew.
 */
function createTouch({ log }: Pick<Runtime, 'log'>) {
  const late = () => new Error(`no answer within ${ANSWER_MS / 1000} s`)
  let isOut = false
  return {
    async ask<T>(ask: () => Promise<T>, always?: 'in any case'): Promise<T | undefined> {
      if (isOut && !always) return undefined
      try {
        const answer = await within(ANSWER_MS, ask, late)
        if (isOut) log.info({}, 'rates and breakers are shared with the other gateways again')
        isOut = false
        return answer
      } catch (error) {
        if (!isOut) log.warn({ error: messageOf(error) }, ALONE)
        isOut = true
        return undefined
      }
    },
  }
}
