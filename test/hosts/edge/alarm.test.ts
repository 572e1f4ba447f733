import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openAlarm } from '../../../src/hosts/edge/alarm.ts'
import { recordingLog } from '../../log.ts'

const START = 1_700_000_000_000

/** What the platform is asked for, and the object's wakes, in seconds from the start. */
async function setup(alarmAt: number | null = null) {
  const log = recordingLog()
  const alarms: number[] = []
  const wakes: number[] = []
  const storage = {
    getAlarm: async () => alarmAt,
    setAlarm: async (time: number) => void alarms.push((time - START) / 1000),
  }
  const alarm = await openAlarm(storage, () => wakes.push((Date.now() - START) / 1000), log)
  return {
    alarm,
    alarms,
    wakes,
    storage,
    log,
    in: (seconds: number) => Date.now() + seconds * 1000,
  }
}

beforeEach(() => void vi.useFakeTimers({ now: START }))
afterEach(() => void vi.useRealTimers())

describe('the alarm of a durable object', () => {
  test('is set at a time that is far, and no timer keeps the object in memory till then', async () => {
    const { alarm, alarms, wakes, in: at } = await setup()
    alarm.wakeAt(at(60))
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(120_000)
    expect({ alarms, wakes }).toEqual({ alarms: [60], wakes: [] })
  })

  test('leaves what is near to a timer, and comes after it should the isolate have ended', async () => {
    const { alarm, alarms, wakes, in: at } = await setup()
    alarm.wakeAt(at(3))
    vi.advanceTimersByTime(10_000)
    expect({ alarms, wakes }).toEqual({ alarms: [5], wakes: [3] })
  })

  test('the earliest time counts, whatever the order in which they are asked for', async () => {
    const { alarm, alarms, wakes, in: at } = await setup()
    for (const seconds of [3, 600, 1, 2, 60]) alarm.wakeAt(at(seconds))
    vi.advanceTimersByTime(10_000)
    expect({ alarms, wakes }).toEqual({ alarms: [5], wakes: [1] })
  })

  test('is set once each five seconds, whatever the rate', async () => {
    const { alarm, alarms, in: at } = await setup()
    for (let hundredths = 0; hundredths < 1200; hundredths++) {
      alarm.guard()
      alarm.wakeAt(at(0.01))
      vi.advanceTimersByTime(10)
      if (hundredths % 500 === 499) alarm.rang()
    }
    expect(alarms).toEqual([5, 10, 15])
  })

  test('an earlier one takes the place of a later one, and never the other way round', async () => {
    const { alarm, alarms, in: at } = await setup()
    alarm.wakeAt(at(600))
    alarm.guard()
    alarm.wakeAt(at(300))
    expect(alarms).toEqual([600, 5])
  })

  test('that has gone off is set anew', async () => {
    const { alarm, alarms, in: at } = await setup()
    alarm.wakeAt(at(60))
    vi.advanceTimersByTime(60_000)
    alarm.rang()
    alarm.wakeAt(at(60))
    expect(alarms).toEqual([60, 120])
  })

  test('that an isolate before this one has set stands, and an earlier one takes its place', async () => {
    const { alarm, alarms, in: at } = await setup(START + 60_000)
    alarm.wakeAt(at(600))
    expect(alarms).toEqual([])
    alarm.wakeAt(at(30))
    expect(alarms).toEqual([30])
  })

  test('that the platform does not set is in the log, and set by whoever asks next', async () => {
    const { alarm, alarms, storage, log, in: at } = await setup()
    const { setAlarm } = storage
    storage.setAlarm = () => Promise.reject(new Error('the storage is overloaded'))
    alarm.wakeAt(at(60))
    storage.setAlarm = setAlarm
    await vi.advanceTimersByTimeAsync(0)
    expect(log.lines).toEqual(['error cannot set the alarm {"error":"the storage is overloaded"}'])
    alarm.wakeAt(at(300))
    expect(alarms).toEqual([300])
  })

  test('that the platform does not set leaves an earlier one as it is', async () => {
    const { alarm, alarms, storage, in: at } = await setup()
    const { setAlarm } = storage
    storage.setAlarm = () => Promise.reject(new Error('the storage is overloaded'))
    alarm.wakeAt(at(600))
    storage.setAlarm = setAlarm
    alarm.wakeAt(at(60))
    await vi.advanceTimersByTimeAsync(0)
    alarm.wakeAt(at(300))
    expect(alarms).toEqual([60])
  })

  test('goes off now for whoever needs an invocation of their own, one for all of them', async () => {
    const { alarm, alarms, in: at } = await setup()
    alarm.wakeAt(at(60))
    const waiting = [alarm.next(), alarm.next()]
    expect(alarms).toEqual([60, 0])
    alarm.rang()
    await Promise.all(waiting)
    void alarm.next()
    expect(alarms).toEqual([60, 0, 0])
  })

  test('is not set where nobody asks for a time', async () => {
    const { alarm, alarms } = await setup()
    alarm.wakeAt(Number.POSITIVE_INFINITY)
    expect(alarms).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
