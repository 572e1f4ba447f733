import { isIP, type LookupFunction } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import { createNodeFetch, type NodeFetch } from '../../src/hosts/node-fetch.ts'
import { openReceiver } from '../receiver.ts'

const init = () => ({
  method: 'POST',
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
})

/** Answers with these in turn, and with the last one ever after. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const lookup: LookupFunction = (host, _, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(host)
    const found = addresses.map((address) => ({ address, family: isIP(address) }))
    setImmediate(() => callback(null, found))
  }
  return { asked, lookup }
}

const opened: NodeFetch[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((fetch) => fetch.close()))
})

function open(lookup?: LookupFunction): NodeFetch {
  const fetch = createNodeFetch(lookup ? { lookup } : {})
  opened.push(fetch)
  return fetch
}

async function refusalOf(answer: Promise<unknown>): Promise<DeliveryError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${error}`)
  return error
}

/** `http://name:port` of a receiver on loopback. */
function named(name: string, { url }: { readonly url: string }): string {
  return url.replace('127.0.0.1', name)
}

describe('a name', () => {
  test('is looked up for every connection: the second answer gains nothing', async () => {
    await using receiver = await openReceiver()
    receiver.answerWith((response) => response.setHeader('Connection', 'close').end())
    const { asked, lookup } = resolver(['127.0.0.1'], ['169.254.169.254'])
    const { fetch } = open(lookup)
    const url = named('rebinding.test', receiver)
    expect((await fetch(url, init())).status).toBe(200)
    const { message, failure } = await refusalOf(fetch(url, init()))
    expect(message).toMatch(
      /^the egress rules of routes.yaml refuse 169.254.169.254: it is a link-local address/,
    )
    expect(message).not.toContain('rebinding')
    expect(failure).not.toMatchObject({ permanent: true })
    expect(failure).not.toMatchObject({ transient: true })
    expect(failure).not.toMatchObject({ unreachable: true })
    expect(asked).toEqual(['rebinding.test', 'rebinding.test'])
    expect(receiver.requests).toHaveLength(1)
  })

  test('goes by those of its addresses that are not refused', async () => {
    await using receiver = await openReceiver()
    const { lookup } = resolver(['fe80::1', '169.254.169.254', '127.0.0.1', '::ffff:a9fe:a9fe'])
    const { fetch } = open(lookup)
    expect((await fetch(named('many.test', receiver), init())).status).toBe(200)
  })

  test('is refused where none of its addresses is left, of either family', async () => {
    const { fetch } = open(resolver(['fe80::1', '169.254.169.254']).lookup)
    const { message } = await refusalOf(fetch('http://many.test:9', init()))
    expect(message).toContain('refuse fe80::1')
  })

  test('that allow names may stand for any address but those refused by default', async () => {
    await using receiver = await openReceiver()
    const { fetch, follow } = open(resolver(['127.0.0.1'], ['0.0.0.0']).lookup)
    follow({ allow: ['*.test'] })
    expect((await fetch(named('good.test', receiver), init())).status).toBe(200)
    await refusalOf(fetch(named('other.example', receiver), init()))
    await refusalOf(fetch(named('bad.test', receiver), init()))
    expect(receiver.requests).toHaveLength(1)
  })

  test('that is refused is not even looked up', async () => {
    const { asked, lookup } = resolver(['127.0.0.1'])
    const { fetch, follow } = open(lookup)
    follow({ deny: ['secret.test'] })
    const { message } = await refusalOf(fetch('http://SECRET.test.:9', init()))
    expect(message).toBe('the egress rules of routes.yaml refuse this host: egress.deny.0 names it')
    expect(asked).toEqual([])
  })

  test('of no address fails like any other that is not found', async () => {
    const { fetch } = open(resolver([]).lookup)
    await expect(fetch('http://empty.test:9', init())).rejects.toThrow('no address')
  })

  test('is looked up by the system where nothing else is lent', async () => {
    await using receiver = await openReceiver()
    const { fetch, follow } = open()
    follow({ deny: ['::1'] })
    expect((await fetch(named('localhost', receiver), init())).status).toBe(200)
    follow({ deny: ['::1', '127.0.0.0/8'] })
    await refusalOf(fetch(named('localhost', receiver), init()))
  })
})

describe('a literal address', () => {
  const literals = [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[fe80::1]',
    '0.0.0.0',
    '[::]',
  ]
  test.each(literals)('%s is refused over http and https, without a connection', async (host) => {
    const { fetch } = open()
    for (const scheme of ['http', 'https']) {
      const { message } = await refusalOf(fetch(`${scheme}://${host}:9/latest/meta-data`, init()))
      expect(message).toContain('the egress rules of routes.yaml refuse')
    }
  })

  test('of the receiver itself is reached when allowed, and not when denied', async () => {
    await using receiver = await openReceiver()
    const { fetch, follow } = open()
    follow({ allow: ['127.0.0.1'] })
    expect((await fetch(receiver.url, init())).status).toBe(200)
    follow({ allow: ['127.0.0.1'], deny: ['127.0.0.0/8'] })
    await refusalOf(fetch(receiver.url, init()))
    expect(receiver.requests).toHaveLength(1)
  })
})

describe('new rules', () => {
  test('close the connections that they refuse, and no others', async () => {
    await using one = await openReceiver()
    await using two = await openReceiver()
    const { fetch, follow } = open(resolver(['127.0.0.1']).lookup)
    const [first, second] = [named('one.test', one), named('two.test', two)]
    for (const url of [first, second, second]) await (await fetch(url, init())).text()
    const { connections } = two
    follow({ deny: ['one.test'] })
    await refusalOf(fetch(first, init()))
    await fetch(second, init())
    expect([one.requests.length, two.requests.length]).toEqual([1, 3])
    expect(two.connections).toBe(connections)
  })

  test('break off what is in flight to where it may not be', async () => {
    await using receiver = await openReceiver()
    const arrived = Promise.withResolvers<void>()
    receiver.answerWith(() => arrived.resolve())
    const { fetch, follow } = open()
    const answer = refusalOf(fetch(receiver.url, init()))
    await arrived.promise
    follow({ deny: ['127.0.0.1'] })
    expect((await answer).message).toContain('egress.deny.0')
  })

  test('that come while a connection is being made close it', async () => {
    await using receiver = await openReceiver()
    const node = open((_, __, callback) => {
      setImmediate(() => {
        callback(null, [{ address: '127.0.0.1', family: 4 }])
        node.follow({ deny: ['127.0.0.1'] })
      })
    })
    await refusalOf(node.fetch(named('late.test', receiver), init()))
    expect(receiver.requests).toEqual([])
  })

  test('that let it through again are obeyed at once', async () => {
    await using receiver = await openReceiver()
    const { fetch, follow } = open()
    follow({ allow: [] })
    await refusalOf(fetch(receiver.url, init()))
    follow({})
    expect((await fetch(receiver.url, init())).status).toBe(200)
  })
})
