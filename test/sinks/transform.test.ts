import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { HTTP } from 'cloudevents'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DeliveryError } from '../../src/core/errors.ts'
import { frozen, type Json } from '../../src/core/event.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import type { Format } from '../../src/sinks/format.ts'
import { kafka } from '../../src/sinks/kafka.ts'
import { openRecords } from '../../src/sinks/kafka-record.ts'
import { openData, previewOf, transformProblems } from '../../src/sinks/transform.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import { silentLog } from '../log.ts'
import { openReceiver } from '../receiver.ts'
import { sampleEvent, sampleRaw } from '../sample-event.ts'
import { context, eventWith } from '../suites/sink.ts'

interface Case {
  readonly name?: string
  readonly transform: string
}
interface Fixture {
  readonly gives: readonly (Case & { readonly gives: Json })[]
  readonly fails: readonly (Case & { readonly fails: string })[]
  readonly stalls: readonly Case[]
  readonly problems: readonly (Case & { readonly problem?: string })[]
}

const file = new URL('../fixtures/transforms.yaml', import.meta.url)
const fixture: Fixture = parse(readFileSync(file, 'utf8'))

/** By what people read in a list of tests. */
const named = <C extends Case>(cases: readonly C[]) =>
  cases.map((one) => [one.name ?? one.transform, one] as const)

const resultOf = async (transform: string, event = sampleEvent()) =>
  JSON.parse(await (await openData({ transform }))(event))

test.each(named(fixture.gives))('%s', async (_, { transform, gives }) => {
  expect(await transformProblems({ format: 'data', transform })).toEqual([])
  expect(await resultOf(transform)).toEqual(gives)
})

/** In the time of the processor, which others at work on this machine do not take. */
const processorMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Also says for how long at most it keeps everybody else waiting. */
async function resultWatched(transform: string) {
  const dataOf = await openData({ transform })
  let longestMs = 0
  let isAtWork = true
  const work = Promise.resolve(dataOf(sampleEvent())).catch((error: unknown) => error)
  void work.then(() => {
    isAtWork = false
  })
  for (let before = processorMs(); isAtWork; before = processorMs()) {
    await setTimeout(1)
    longestMs = Math.max(longestMs, processorMs() - before)
  }
  return { result: await work, longestMs }
}

/** It is some 25 on a quiet machine, with rubbish collected; the worst took 800 without a rest. */
const MOST_MS = 400

describe('ends by itself, for good, says why, and lets everything else go on:', () => {
  test.each(named(fixture.fails))('%s', async (_, { transform, fails }) => {
    const { result, longestMs } = await resultWatched(transform)
    if (!(result instanceof DeliveryError)) throw new Error('it gives something')
    expect(result.message).toMatch(/^its transform .*; mend the transform, then retry$/s)
    expect(result.message).toContain(fails)
    expect(result.message.length).toBeLessThan(600)
    expect(result.failure).toEqual({ permanent: true })
    expect(longestMs).toBeLessThan(MOST_MS)
  })
})

describe('takes long, and lets everything else go on:', () => {
  test.each(named(fixture.stalls))('%s', async (_, { transform }) => {
    const { result, longestMs } = await resultWatched(transform)
    expect(result).toBeTypeOf('string')
    expect(longestMs).toBeLessThan(MOST_MS)
  })
})

test('what stands side by side is no depth', async () => {
  expect(await resultOf(`$count([${'type, '.repeat(2_500)}1])`)).toBe(2_501)
  const pairs = Array.from({ length: 1_200 }, (_, n) => `"${n}": 1`)
  expect(await resultOf(`$count($keys({${pairs.join()}}))`)).toBe(1_200)
})

describe('in routes.yaml', () => {
  test.each(named(fixture.problems))('%s', async (_, { transform, problem }) => {
    const found = await transformProblems({ format: 'data', transform })
    expect(found).toEqual(problem === undefined ? [] : [{ path: 'transform', message: problem }])
  })

  test.each([{}, { format: 'feishu' as const }])('does not go with %o', async (options) => {
    const [problem] = await transformProblems({ ...options, transform: 'operate' })
    expect(problem?.message).toContain('set format to data, cloudevents or cloudevents-binary')
  })
})

test('what it takes does not hang on how busy the machine is: the same event, the same end', async () => {
  // Some of these lengths are within the bounds, some are beyond; side by side none comes out otherwise than alone.
  const ends = async (length: number) => {
    const transform = `$count([1..${length}].( $ * 2 ))`
    return resultOf(transform).catch(() => 'too much')
  }
  const lengths = [100, 5_000, 10_001]
  const alone = []
  for (const length of lengths) alone.push(await ends(length))
  expect(alone).toEqual([100, 5_000, 'too much'])
  const together = await Promise.all([...lengths, ...lengths].map(ends))
  expect(together).toEqual([...alone, ...alone])
})

describe('evaluations side by side', () => {
  test('do not see each other', async () => {
    const dataOf = await openData({
      transform:
        '($mine := user_id; $i := $map([1..50], function($n) { $n }); [$mine, $count($i)])',
    })
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}`)
    const texts = await Promise.all(users.map((user_id) => dataOf(eventWith({ user_id }))))
    expect(texts.map((text) => JSON.parse(text))).toEqual(users.map((user) => [user, 50]))
  })

  test('are not stopped by one that fails', async () => {
    const dataOf = await openData({
      transform: 'bad ? [$error("no"), $sum([1..5000].( $ + 1 ))] : $sum([1..2000].( $ + 1 ))',
    })
    const events = [true, false, true, false].map((bad) => eventWith({ bad }))
    const results = await Promise.allSettled(events.map((event) => dataOf(event)))
    expect(results.map(({ status }) => status)).toEqual([
      ...['rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ])
  })
})

test('nothing that others get is changed, and nothing but the event is read', async () => {
  const event = frozen(eventWith({ form: [{ n: 1 }], sequence: true }))
  const before = JSON.stringify(event)
  expect(await resultOf('form[]', event)).toEqual([{ n: 1 }])
  expect(await resultOf('$ ~> |form|{"n": 2}|', event)).toMatchObject({ form: [{ n: 2 }] })
  expect(JSON.stringify(event)).toBe(before)
  for (const transform of [
    'process',
    'globalThis',
    '$sum.environment',
    'constructor',
    '__proto__',
  ]) {
    const found = await resultOf(`{ "found": ${transform} }`, event)
    expect([transform, found]).toEqual([transform, {}])
  }
})

test('a retry sends what was sent before, another event has another lot', async () => {
  const transform = '[$now(), $millis(), $random(), $shuffle([1..50])]'
  const dataOf = await openData({ transform })
  const first = await dataOf(sampleEvent())
  expect(await dataOf(sampleEvent())).toBe(first)
  expect(await (await openData({ transform }))(sampleEvent())).toBe(first)
  const lots = new Set([first])
  for (let n = 0; n < 20; n++) lots.add(await dataOf(sampleEvent({ id: `event-${n}` })))
  expect(lots.size).toBe(21)
})

test('what is drawn by lot is spread evenly, and each time another', async () => {
  const draws: number[] = await resultOf('[1..4000].$random()')
  const tenths = Array.from({ length: 10 }, (_, n) => draws.filter((x) => Math.floor(x * 10) === n))
  for (const { length } of tenths) expect(Math.abs(length - 400)).toBeLessThan(100)
  expect(new Set(draws).size).toBe(4000)
})

test('a preview says what is wrong, with the value, and no more', async () => {
  const content = { format: 'data', transform: '$number(user_id)' } as const
  const event = eventWith({ user_id: '12,50' })
  const said = 'its transform fails: Unable to cast value to a number:'
  const place = '(line 1, character 8, at "$number(")'
  await expect(previewOf(event, content)).rejects.toThrow(
    expect.objectContaining({ message: `${said} "12,50" ${place}` }),
  )
  const dataOf = await openData(content)
  await expect(dataOf(event)).rejects.toThrow(
    expect.objectContaining({ message: `${said} … ${place}; mend the transform, then retry` }),
  )
})

describe('stands in place of data', () => {
  const transform = '{ "who": user_id }'
  const runtime = createNodeRuntime({ folder: '/tmp', log: silentLog })
  afterAll(() => runtime.close())

  test.each<Format>(['data', 'cloudevents', 'cloudevents-binary'])(
    'over HTTP as %s',
    async (format) => {
      await using receiver = await openReceiver()
      const options = { url: receiver.url, format, transform }
      const sink = await webhook.open(options, runtime)
      await sink.deliver(sampleEvent(), context())
      const { headers = {}, body = '' } = receiver.requests[0] ?? {}
      const data =
        format === 'data' ? JSON.parse(body) : Object(HTTP.toEvent({ headers, body })).data
      expect(data).toEqual({ who: 'b613t51g' })
      expect(await webhook.preview?.(sampleEvent(), options)).toBe(body)
    },
  )

  test('on Kafka, whose key stays what it is', async () => {
    const content = { format: 'cloudevents-binary', transform } as const
    const recordOf = await openRecords(content)
    expect(await recordOf(sampleEvent())).toMatchObject({
      key: '81D31358-93AF-92D6-7425-01A5D67C4E71',
      value: '{"who":"b613t51g"}',
      headers: { ce_id: 'bc447199585340d1f3728d26b1c0297a' },
    })
    const options = { topic: 't', compression: 'none', client_id: '' } as const
    const whole = { ...content, ...options, brokers: ['a:1'] }
    expect(await kafka.preview?.(sampleEvent(), whole)).toBe('{"who":"b613t51g"}')
  })

  test('what no transform touches is previewed to the letter, its token blank', async () => {
    const options = { url: 'http://a', verification_token: 'theirs', encrypt_key: 'their key' }
    expect(await webhook.preview?.(sampleEvent(), options)).toBe(sampleRaw)
    const data = await previewOf(sampleEvent(), { format: 'data' })
    expect(sampleRaw).toContain(data)
  })
})

test('the examples in docs/routes.md give what stands there', async () => {
  const text = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/```jsonata\n(.*?)```\n+```json\n(.*?)```/gs)]
  expect(examples.length).toBeGreaterThan(2)
  for (const [, transform = '', shown = ''] of examples) {
    expect(await transformProblems({ format: 'data', transform })).toEqual([])
    expect(await resultOf(transform)).toEqual(JSON.parse(shown))
  }
})
