import { expect, test } from 'vitest'
import { openForwardProxy } from '../forward-proxy.ts'
import { openReceiver } from '../receiver.ts'
import { openSecureReceiver, pem } from '../secure-receiver.ts'
import { callbackOf, FEISHU, openFolder, post, run, serve } from '../serve.ts'

function routes(sink: string, rest = ''): string {
  const retry = 'retry: { attempts: 100, initial: 100ms, max: 100ms }'
  return `${FEISHU}sinks:
  one: { type: webhook, ${sink}, ${retry}, breaker: { failures: 1, cooldown: 1d } }
routes: [{ name: all, to: [one] }]
${rest}
`
}

test('rules that change hold at once, for a sink that lives on; a refused delivery arrives once they let it', async () => {
  await using receiver = await openReceiver()
  const sink = `url: "${receiver.url.replace('127.0.0.1', 'localhost')}"`
  await using folder = await openFolder({ 'routes.yaml': routes(sink) })
  await using gateway = await serve(folder)
  await post(gateway.url, callbackOf())
  await expect.poll(() => receiver.requests.length, { timeout: 5000 }).toBe(1)

  await folder.write('routes.yaml', routes(sink, 'egress: { deny: [127.0.0.0/8, "::1"] }'))
  await gateway.logged('reloaded')
  await post(gateway.url, callbackOf())
  expect(await gateway.logged('delivery failed')).toMatch(
    /the egress rules of routes\.yaml refuse (127\.0\.0\.1|::1): egress\.deny\.\d names it/,
  )
  expect(receiver.requests).toHaveLength(1)

  await folder.write('routes.yaml', routes(sink))
  // It did not count for the breaker, which would be open for a day.
  await expect.poll(() => receiver.requests.length, { timeout: 10_000 }).toBe(2)
})

test('a proxy of the environment is used, and its password is in no log', async () => {
  await using receiver = await openSecureReceiver({ asksForClient: true })
  await using proxy = await openForwardProxy({ port: receiver.port })
  const tls = 'tls: { ca: tls/ca.pem, cert: tls/client.pem, key: tls/client.key }'
  await using folder = await openFolder({
    'routes.yaml': routes(`url: "https://receiver.test/hook", ${tls}`),
    'tls/ca.pem': pem('ca.pem'),
    'tls/client.pem': pem('client.pem'),
    'tls/client.key': pem('client.key'),
    '.env': `HTTPS_PROXY=${proxy.url}\n`,
  })
  await using gateway = await serve(folder, { LOG_LEVEL: 'debug' })
  await post(gateway.url, callbackOf())
  await expect.poll(() => receiver.requests.length, { timeout: 10_000 }).toBe(1)
  expect(receiver.requests[0]?.client).toBe('client.test')
  expect(proxy.asked).toEqual(['CONNECT receiver.test:443'])
  expect(gateway.log.join('\n')).not.toMatch(/pass(%20| )word/)
})

test('a certificate that cannot be used rejects the file, with its line', async () => {
  const sink = 'url: "https://receiver.test", tls: { ca: nowhere.pem }'
  await using folder = await openFolder({ 'routes.yaml': routes(sink) })
  const { code, stderr } = await run(folder, ['serve'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/routes\.yaml:8:\d+ {2}sinks\.one\.tls\.ca: is neither PEM text nor/)
})

test('an address that nobody may reach is a problem for check', async () => {
  await using folder = await openFolder({ 'routes.yaml': routes('url: "http://2852039166/"') })
  const { code, stderr } = await run(folder, ['check'])
  expect(code).toBe(2)
  expect(stderr).toContain('sinks.one.url: is refused by the egress rules: it is a link-local')
})

test('HTTPS_PROXY that is no proxy ends the start, and is not shown', async () => {
  await using folder = await openFolder({ 'routes.yaml': routes('url: "http://localhost:9"') })
  const { code, stderr } = await run(folder, ['serve'], { env: { HTTPS_PROXY: 'socks5://hush' } })
  expect(code).toBe(2)
  expect(stderr).toContain('HTTPS_PROXY: must be the address of a proxy')
  expect(stderr).not.toContain('hush')
})
