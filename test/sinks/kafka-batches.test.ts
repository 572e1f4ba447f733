import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Batches, createBatches } from '../../src/sinks/kafka/batches.ts'
import type { KafkaMessage } from '../../src/sinks/kafka/message.ts'

/** As kafkajs reports what Kafka refuses. */
const refusal = (type: string) => Object.assign(new Error(type), { type })
const never = new AbortController().signal

const sendAll = (batches: Batches, values: readonly string[]) =>
  Promise.allSettled(values.map((value) => batches.send({ value }, never)))

const valuesOf = (messages: readonly KafkaMessage[]) => messages.map(({ value }) => value)

describe('batches', () => {
  test.each(['MESSAGE_TOO_LARGE', 'INVALID_RECORD'])(
    'law: all but the bad arrive, in order, one send at a time (%s)',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (good) => {
          const values = good.map((ok, n) => `${n}${ok ? '' : ' bad'}`)
          const arrived: string[] = []
          let inFlight = 0
          const batches = createBatches('t', async (messages) => {
            inFlight += 1
            expect(inFlight).toBe(1)
            await undefined
            inFlight -= 1
            const sent = valuesOf(messages)
            if (sent.some((value) => value.endsWith('bad'))) throw refusal(type)
            arrived.push(...sent)
          })
          const results = await sendAll(batches, values)
          expect(results.map(({ status }) => status === 'fulfilled')).toEqual(good)
          expect(arrived).toEqual(values.filter((_, n) => good[n]))
        }),
        { numRuns: 50 },
      )
    },
  )

  test('a batch fills while the one before it is in flight, and no timer holds it up', async () => {
    const sends: string[][] = []
    const first = Promise.withResolvers<void>()
    const batches = createBatches('t', async (messages) => {
      sends.push(valuesOf(messages))
      if (sends.length === 1) await first.promise
    })
    const deliveries = [sendAll(batches, ['a'])]
    await undefined
    deliveries.push(sendAll(batches, ['b', 'c']), sendAll(batches, ['d']))
    first.resolve()
    await Promise.all(deliveries)
    expect(sends).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('a batch is bounded in count and in bytes, and one large message goes alone', async () => {
    const sizes: number[][] = []
    const batches = createBatches('t', async (messages) => {
      sizes.push(messages.map(({ value }) => value.length))
    })
    const large = 'x'.repeat(600 * 1024)
    const half = 'x'.repeat(300 * 1024)
    await sendAll(batches, [...Array(1500).fill('x'), large, half, half])
    expect(sizes.map((batch) => batch.length)).toEqual([1000, 500, 1, 1, 1])
  })

  test('keys and headers count as well', async () => {
    const sizes: number[] = []
    const batches = createBatches('t', async (messages) => void sizes.push(messages.length))
    const part = 'x'.repeat(100 * 1024)
    const message = { key: part, value: part, headers: { event_type: part } }
    await Promise.all([batches.send(message, never), batches.send(message, never)])
    expect(sizes).toEqual([1, 1])
  })

  test('one bad message among a thousand is found by halves', async () => {
    let sends = 0
    const batches = createBatches('t', async (messages) => {
      sends += 1
      if (valuesOf(messages).includes('bad')) throw refusal('INVALID_RECORD')
    })
    const values = Array.from({ length: 1000 }, (_, n) => (n === 700 ? 'bad' : 'good'))
    const results = await sendAll(batches, values)
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
    expect(sends).toBeLessThanOrEqual(21)
  })

  test('what is given up while it waits is never sent', async () => {
    const sent: string[] = []
    const batches = createBatches('t', async (messages) => void sent.push(...valuesOf(messages)))
    const timeout = new AbortController()
    const late = batches.send({ value: 'late' }, timeout.signal)
    const other = batches.send({ value: 'other' }, never)
    timeout.abort()
    await expect(late).rejects.toThrow('did not acknowledge')
    await expect(batches.send({ value: 'too late' }, timeout.signal)).rejects.toThrow()
    await other
    await batches.flush()
    expect(sent).toEqual(['other'])
  })

  test.each([
    { type: 'TOPIC_AUTHORIZATION_FAILED', permanent: true },
    { type: 'INVALID_TOPIC_EXCEPTION', permanent: true },
    { type: 'MESSAGE_TOO_LARGE', permanent: true },
    { type: 'RECORD_LIST_TOO_LARGE', permanent: true },
    { type: 'INVALID_RECORD', permanent: true },
    { type: 'UNKNOWN_TOPIC_OR_PARTITION', permanent: false },
    { type: 'NOT_LEADER_FOR_PARTITION', permanent: false },
    { type: 'NOT_ENOUGH_REPLICAS', permanent: false },
    { type: 'REQUEST_TIMED_OUT', permanent: false },
    { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER', permanent: false },
    { type: 'SASL_AUTHENTICATION_FAILED', permanent: false },
  ])('$type is permanent: $permanent', async ({ type, permanent }) => {
    const wrapped = new Error('gave up', { cause: refusal(type) })
    const batches = createBatches('t', async () => Promise.reject(wrapped))
    await expect(batches.send({ value: 'x' }, never)).rejects.toMatchObject({
      name: 'DeliveryError',
      failure: { permanent, cause: wrapped },
    })
  })

  test("another topic's error, which hits once, costs nothing", async () => {
    const errors = [refusal('TOPIC_AUTHORIZATION_FAILED')]
    const batches = createBatches('t', async () => {
      const error = errors.pop()
      if (error) throw error
    })
    await batches.send({ value: 'x' }, never)
  })
})

describe('a topic that takes less than a batch', () => {
  /** A topic of one partition, as a broker keeps it. */
  function topicOf(maxBytes: number) {
    const arrived: string[] = []
    const refused: number[] = []
    const batches = createBatches('t', async (messages) => {
      const values = valuesOf(messages)
      if (values.join('').length > maxBytes) {
        refused.push(values.length)
        throw refusal('MESSAGE_TOO_LARGE')
      }
      arrived.push(...values)
    })
    return { batches, arrived, refused }
  }

  test('law: all that fit alone arrive once and in order; a few refusals teach the limit', async () => {
    const size = fc.integer({ min: 1, max: 40 * 1024 })
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 60 }), size, async (sizes, maxBytes) => {
        const { batches, arrived, refused } = topicOf(maxBytes)
        const values = sizes.map((length, n) => `${n}`.padEnd(length, '.'))
        const results = await sendAll(batches, values)
        const fits = values.map(({ length }) => length <= maxBytes)
        expect(results.map(({ status }) => status === 'fulfilled')).toEqual(fits)
        expect(arrived).toEqual(values.filter((_, n) => fits[n]))
        const batchesRefused = refused.filter((count) => count > 1).length
        expect(batchesRefused).toBeLessThanOrEqual(Math.ceil(Math.log2((512 * 1024) / maxBytes)))
      }),
      { numRuns: 50 },
    )
  })

  test('the limit is remembered: later batches are right at once', async () => {
    const { batches, refused } = topicOf(64 * 1024)
    const values = Array<string>(2537).fill('x'.repeat(1000))
    await sendAll(batches, values)
    expect(refused).toHaveLength(3)
    await sendAll(batches, values)
    expect(refused).toHaveLength(3)
  })

  test('one message too large by itself leaves room for many others', async () => {
    const sizes: number[] = []
    const batches = createBatches('t', async (messages) => {
      if (valuesOf(messages).join('').length > 100_000) throw refusal('MESSAGE_TOO_LARGE')
      sizes.push(messages.length)
    })
    const small = Array<string>(90).fill('x'.repeat(500))
    await sendAll(batches, [...small, 'x'.repeat(200_000), ...small])
    await sendAll(batches, small)
    expect(sizes).toEqual([90, 90, 90])
  })

  test('over several partitions only a refused batch may come twice', async () => {
    const arrived: string[] = []
    let refused = 0
    const batches = createBatches('t', async (messages) => {
      const partitions = Map.groupBy(valuesOf(messages), (value) => value.charCodeAt(0) % 8)
      const taken = [...partitions.values()].filter((part) => part.join('').length <= 100_000)
      arrived.push(...taken.flat())
      if (taken.length < partitions.size) {
        refused += 1
        throw refusal('MESSAGE_TOO_LARGE')
      }
    })
    // Half of all go to one partition.
    const values = Array.from({ length: 4000 }, (_, n) => `${n % 2 && n % 8}${n}`.padEnd(500, '.'))
    const results = await sendAll(batches, values)
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(new Set(arrived).size).toBe(4000)
    expect(refused).toBeLessThanOrEqual(2)
    expect(arrived.length - 4000).toBeLessThanOrEqual(1000 * refused)
    arrived.length = 0
    await sendAll(batches, values)
    expect(arrived).toHaveLength(4000)
  })
})

test('giving up rejects what is waiting and in flight, and sends none of it again', async () => {
  const sends: string[][] = []
  const answer = Promise.withResolvers<void>()
  const batches = createBatches('t', async (messages) => {
    sends.push(valuesOf(messages))
    await answer.promise
  })
  const inFlight = sendAll(batches, ['a', 'b'])
  await undefined
  const waiting = sendAll(batches, ['c'])
  batches.giveUp(new Error('closed'))
  const results = [...(await inFlight), ...(await waiting)]
  expect(results).toEqual(Array(3).fill({ status: 'rejected', reason: new Error('closed') }))
  answer.reject(refusal('MESSAGE_TOO_LARGE'))
  await batches.flush()
  expect(sends).toEqual([['a', 'b']])
})
