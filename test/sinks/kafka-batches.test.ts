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
  test('law: all but the bad arrive, in order, one send at a time', async () => {
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
          if (sent.some((value) => value.endsWith('bad'))) throw refusal('MESSAGE_TOO_LARGE')
          arrived.push(...sent)
        })
        const results = await sendAll(batches, values)
        expect(results.map(({ status }) => status === 'fulfilled')).toEqual(good)
        expect(arrived).toEqual(values.filter((_, n) => good[n]))
      }),
      { numRuns: 50 },
    )
  })

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
