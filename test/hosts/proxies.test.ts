import { describe, expect, test } from 'vitest'
import { DeliveryError } from '../../src/core/errors.ts'
import { noProxies, proxyChooser, readProxies } from '../../src/hosts/egress/proxies.ts'
import { readEnvironment } from '../../src/hosts/environment.ts'
import { createNodeFetch } from '../../src/hosts/node-fetch.ts'
import { openForwardProxy } from '../forward-proxy.ts'
import { openReceiver } from '../receiver.ts'
import { openSecureReceiver, pem } from '../secure-receiver.ts'

const init = () => ({
  method: 'POST',
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
})

describe('requests', () => {
  test('to https go through a tunnel, with TLS from end to end', async () => {
    await using receiver = await openSecureReceiver({ asksForClient: true })
    await using proxy = await openForwardProxy({ port: receiver.port })
    const node = createNodeFetch({ proxies: { ...noProxies, https: proxy.url } })
    const [ca, cert, key] = [pem('ca.pem'), pem('client.pem'), pem('client.key')]
    const tls = node.secure({ ca, cert, key })
    const answer = await node.fetch('https://receiver.test/hook', { ...init(), tls })
    expect(await answer.text()).toBe('received')
    expect(proxy.asked).toEqual(['CONNECT receiver.test:443'])
    expect(receiver.requests).toEqual([{ client: 'client.test', servername: 'receiver.test' }])
    await node.close()
  })

  test('to http are handed to the proxy whole', async () => {
    await using receiver = await openReceiver()
    await using proxy = await openForwardProxy({ port: Number(new URL(receiver.url).port) })
    const node = createNodeFetch({ proxies: { ...noProxies, http: proxy.url } })
    expect((await node.fetch('http://one.test/hook', init())).status).toBe(200)
    expect(proxy.asked).toEqual(['POST http://one.test/hook'])
    expect(receiver.requests).toMatchObject([{ path: '/hook', body: '{}' }])
    expect(receiver.requests[0]?.headers.host).toBe('one.test')
    await node.close()
  })

  test('that NO_PROXY names go their own way', async () => {
    await using receiver = await openReceiver()
    await using proxy = await openForwardProxy({ port: 9 })
    const proxies = { http: proxy.url, https: proxy.url, none: 'localhost, 127.0.0.0/8' }
    const node = createNodeFetch({ proxies })
    expect((await node.fetch(receiver.url, init())).status).toBe(200)
    expect(proxy.asked).toEqual([])
    await node.close()
  })

  test('that the egress rules refuse never reach the proxy, which is itself exempt', async () => {
    await using receiver = await openReceiver()
    await using proxy = await openForwardProxy({ port: Number(new URL(receiver.url).port) })
    const node = createNodeFetch({ proxies: { http: proxy.url, https: proxy.url, none: '' } })
    node.follow({ deny: ['127.0.0.0/8', '*.evil.test'] })
    const refused = [
      'http://2852039166/',
      'https://[::ffff:a9fe:a9fe]/',
      'http://metadata.google.internal/',
      'https://a.evil.test/',
      'http://127.0.0.1:9/',
    ]
    for (const url of refused) {
      await expect(node.fetch(url, init())).rejects.toThrow(
        'the egress rules of routes.yaml refuse',
      )
    }
    expect(proxy.asked).toEqual([])
    expect((await node.fetch('http://one.test/', init())).status).toBe(200)
    node.follow({ deny: ['one.test'] })
    await expect(node.fetch('http://one.test/', init())).rejects.toThrow('egress.deny.0')
    expect(proxy.asked).toHaveLength(1)
    await node.close()
  })

  test.each([
    [407, 'http://one.test/', { transient: false }],
    [407, 'https://one.test/', { transient: false }],
    [502, 'https://one.test/', { transient: true }],
  ])(
    'that the proxy refuses with %i say so, and not its password: %s',
    async (status, url, why) => {
      await using proxy = await openForwardProxy({ port: 9, refuseWith: status })
      const node = createNodeFetch({ proxies: { http: proxy.url, https: proxy.url, none: '' } })
      const error: unknown = await node.fetch(url, init()).catch((reason: unknown) => reason)
      if (!(error instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${error}`)
      expect(error.message).toBe(`the proxy answered ${status}`)
      expect(error.failure).toMatchObject(why)
      await node.close()
    },
  )

  test.each([
    ['127.0.0.1:9', 'http://one.test/', 'HTTP_PROXY cannot be reached: ECONNREFUSED'],
    ['localhost:9', 'https://one.test/', 'HTTPS_PROXY cannot be reached: ECONNREFUSED'],
    ['nowhere.invalid', 'https://one.test/', /^the proxy of HTTPS_PROXY cannot be reached: E[A-Z]/],
  ])(
    'say that it is the proxy that is not there (%s), and not its password',
    async (host, url, said) => {
      const proxy = `http://user:hush@${host}`
      const node = createNodeFetch({ proxies: { http: proxy, https: proxy, none: '' } })
      const error: unknown = await node.fetch(url, init()).catch((reason: unknown) => reason)
      if (!(error instanceof DeliveryError)) throw new Error(`not a DeliveryError: ${error}`)
      expect(error.message).toMatch(said)
      expect(error.message).not.toContain('hush')
      expect(error.failure.transient).toBe(true)
      await node.close()
    },
  )
})

describe('the environment', () => {
  const read = (env: Record<string, string>) => readEnvironment(env).proxies

  test('names a proxy for each scheme; small letters win; a bare name is http', () => {
    expect(read({})).toEqual(noProxies)
    expect(read({ HTTPS_PROXY: 'proxy.test:3128', https_proxy: '' })).toEqual({
      ...noProxies,
      https: 'http://proxy.test:3128/',
    })
    expect(
      read({
        HTTP_PROXY: 'http://a.test',
        http_proxy: 'https://b.test',
        NO_PROXY: 'a',
        no_proxy: 'b',
      }),
    ).toEqual({ http: 'https://b.test/', https: undefined, none: 'b' })
  })

  test.each([
    'socks5://hush@a.test',
    'http://',
    '://hush',
    'http://hush:hush@:80',
    'http://u:hush%@p',
  ])('refuses %s, and does not show it', (HTTPS_PROXY) => {
    const problems: string[] = []
    readProxies({ HTTPS_PROXY }, (...problem) => problems.push(problem.join(': ')))
    expect(problems).toEqual([
      'HTTPS_PROXY: must be the address of a proxy, such as http://proxy.example.com:3128',
    ])
    expect(() => readEnvironment({ HTTPS_PROXY })).toThrow(problems[0] ?? 'nothing')
  })
})

describe('NO_PROXY', () => {
  const direct = (none: string, url: string) =>
    proxyChooser({ http: 'http://p', https: 'http://p', none })(new URL(url)) === undefined

  test.each([
    ['*', 'https://one.test'],
    ['one.test', 'https://one.test'],
    ['one.test', 'https://a.one.test'],
    ['.one.test', 'https://one.test'],
    ['*.one.test', 'https://a.one.test'],
    ['ONE.test', 'https://one.TEST.'],
    ['two.test, one.test', 'https://one.test'],
    ['two.test one.test', 'https://one.test'],
    ['one.test:443', 'https://one.test'],
    ['one.test:8080', 'http://one.test:8080'],
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['10.0.0.0/8', 'http://10.1.2.3'],
    ['::1', 'http://[::1]:3000'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['fd00::/8', 'http://[fd12::1]'],
  ])('%s excepts %s', (none, url) => expect(direct(none, url)).toBe(true))

  test.each([
    ['', 'https://one.test'],
    ['one.test', 'https://xone.test'],
    ['one.test', 'https://test'],
    ['*.one.test', 'https://one.test'],
    ['one.test:8080', 'https://one.test'],
    ['10.0.0.0/8', 'http://11.1.2.3'],
    ['10.0.0.0/8', 'http://one.test'],
    ['[::1]:3001', 'http://[::1]:3000'],
  ])('%s does not except %s', (none, url) => expect(direct(none, url)).toBe(false))
})
