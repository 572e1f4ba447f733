import { describe, expect, test } from 'vitest'
import { createWebFetch, type Send, sendAfresh } from '../../../src/hosts/edge/web-fetch.ts'

// The platform refuses like this, and workerd alone does not: what an invocation may start is not limited there.
const REFUSALS = [
  'Too many subrequests by single Worker invocation.',
  'Subrequest depth limit exceeded. This request recursed through Workers too many times.',
  'Subrequest depth limit exceeded. This request looped back into the Workers runtime too many times.',
  'This request has exceeded the limit of 32 Worker invocations.',
]

const init = (signal = new AbortController().signal) => {
  return { method: 'POST', headers: {}, body: '{}', signal }
}

const failing = (message: string) => async () => {
  throw new Error(message)
}

const url = 'https://hooks.example.com/'

describe('a request that the platform refuses to start', () => {
  test.each(REFUSALS)('costs its receiver nothing: %s', async (message) => {
    const web = createWebFetch(failing(message))
    await expect(web.fetch(url, init())).rejects.toMatchObject({
      message: 'not sent: the platform lets this invocation start no more requests',
      failure: { returned: 'unsent' },
    })
  })

  test.each([
    'Network connection lost.',
    'Response closed due to connection limit',
    'internal error; reference = abc',
  ])('is not one that may have been sent: %s', async (message) => {
    const web = createWebFetch(failing(message))
    const { failure } = await web.fetch(url, init()).catch((error) => error)
    expect(failure).toMatchObject({ transient: true })
    expect(failure).not.toHaveProperty('returned')
  })

  test('nor one whose answer breaks off by a limit', async () => {
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new Error(REFUSALS[0])),
    })
    const answer = await createWebFetch(async () => new Response(broken)).fetch(url, init())
    const { failure } = await answer.text().catch((error) => error)
    expect(failure).toMatchObject({ transient: true })
    expect(failure).not.toHaveProperty('returned')
  })

  test('ends by the signal where that came first', async () => {
    const late = new AbortController()
    const web = createWebFetch(async () => {
      late.abort(new Error('too late'))
      throw new Error(REFUSALS[0])
    })
    await expect(web.fetch(url, init(late.signal))).rejects.toThrow('too late')
  })
})

describe('sent afresh', () => {
  /** An invocation that starts so many requests, and refuses all others. */
  function platform(share: number) {
    let left = share
    let waiting = Promise.withResolvers<void>()
    const begin = () => {
      left = share
      waiting.resolve()
      waiting = Promise.withResolvers()
    }
    const send: Send = async () => {
      if (left === 0) throw new Error(REFUSALS[0])
      left--
      return new Response()
    }
    const next = () => waiting.promise
    return { send: sendAfresh(send, next), begin }
  }

  test('waits for the next invocation, and is sent in that', async () => {
    const { send, begin } = platform(32)
    const sent = Promise.all(Array.from({ length: 64 }, () => send(url, {})))
    await new Promise(setImmediate)
    begin()
    expect(await sent).toHaveLength(64)
  })

  test('once: what is refused there as well is refused', async () => {
    const { send, begin } = platform(32)
    const sent = Promise.allSettled(Array.from({ length: 70 }, () => send(url, {})))
    await new Promise(setImmediate)
    begin()
    const ends = (await sent).map(({ status }) => status)
    expect(ends.filter((status) => status === 'rejected')).toHaveLength(6)
  })

  test('what fails otherwise fails at once', async () => {
    const waitsForNone = () => Promise.reject(new Error('waited'))
    const send = sendAfresh(failing('Network connection lost.'), waitsForNone)
    await expect(send(url, {})).rejects.toThrow('Network connection lost.')
  })
})
