import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event, JsonObject } from '../../src/core/event.ts'
import type { Sink } from '../../src/core/plugin.ts'
import { sampleEvent } from '../sample-event.ts'

export interface Arrived {
  readonly id: string
  readonly data: unknown
}

/** A sink, open, and the receiver at its other end. */
export interface SinkUnderTest extends AsyncDisposable {
  readonly sink: Sink
  /** What the receiver has by now, in the order in which it came. */
  arrived(): readonly Arrived[] | Promise<readonly Arrived[]>
  /** Where a receiver can: from now on it takes nothing. */
  refuse?(): void
  /** Where a receiver can: from now on it neither takes nor refuses. Resolves once a delivery waits for it. */
  stall?(): Promise<void>
}

/** What holds for every sink, whatever stands at its other end. */
export function testSink(name: string, open: () => Promise<SinkUnderTest>): void {
  describe(name, () => {
    let subject: SinkUnderTest
    beforeEach(async () => {
      subject = await open()
    })
    afterEach(async () => {
      await subject.sink.close?.()
      await subject[Symbol.asyncDispose]()
    })

    test('the receiver has an event once its delivery resolves', async () => {
      const event = sampleEvent()
      await subject.sink.deliver(event, context())
      expect(await subject.arrived()).toEqual([{ id: event.id, data: event.data }])
    })

    test('an event that is delivered again bears the same id', async () => {
      await subject.sink.deliver(sampleEvent(), context(1))
      await subject.sink.deliver(sampleEvent(), context(2))
      expect((await subject.arrived()).map(({ id }) => id)).toEqual(Array(2).fill(sampleEvent().id))
    })

    test('deliveries side by side arrive whole, each once', async () => {
      const events = Array.from({ length: 30 }, (_, n) =>
        eventWith({ operate: 'READ', n }, `id-${n}`),
      )
      await Promise.all(events.map((event) => subject.sink.deliver(event, context())))
      const arrived = await subject.arrived()
      expect(arrived).toHaveLength(30)
      expect(new Set(arrived)).toEqual(new Set(events.map(({ id, data }) => ({ id, data }))))
    })

    test('what an event says arrives unharmed', async () => {
      const data = {
        instance_code: '实例 "%" / \\ é\u2028🏖️',
        approval_code: '<&>',
        operate: '',
        nested: [{ deep: [null, true, -0.5e-7, '\u0000\n'] }],
      }
      await subject.sink.deliver(eventWith(data), context())
      expect((await subject.arrived()).map((event) => event.data)).toEqual([data])
    })

    test('a delivery that the receiver refuses rejects', async ({ skip }) => {
      if (!subject.refuse) return skip('nothing refuses at the other end')
      subject.refuse()
      await expect(subject.sink.deliver(sampleEvent(), context())).rejects.toThrow()
      expect(await subject.arrived()).toEqual([])
    })

    test('a delivery rejects when its signal aborts', async ({ skip }) => {
      if (!subject.stall) return skip('nothing stalls at the other end')
      const waiting = subject.stall()
      const timeout = new AbortController()
      const delivery = subject.sink.deliver(sampleEvent(), { ...context(), signal: timeout.signal })
      const rejected = expect(delivery).rejects.toThrow()
      await waiting
      timeout.abort(new Error('too late'))
      await rejected
    })
  })
}

export function context(attempt = 1) {
  return { deliveryId: 'delivery-1', attempt, signal: new AbortController().signal }
}

/** An event with just this `event` object. */
export function eventWith(data: JsonObject, id = 'event-1'): Event {
  return sampleEvent({ id, raw: JSON.stringify({ uuid: id, event: data, token: '' }) })
}
