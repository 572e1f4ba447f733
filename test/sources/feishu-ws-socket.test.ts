import { once } from 'node:events'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createNodeFetch } from '../../src/hosts/node-fetch.ts'
import { connectTo } from '../../src/sources/feishu-ws/socket.ts'
import { openForwardProxy } from '../forward-proxy.ts'
import { openReceiver } from '../receiver.ts'
import { openSecureReceiver, pem } from '../secure-receiver.ts'
import { trustOwnAuthority } from '../trust.ts'

trustOwnAuthority()

/** Where everything is on loopback, whatever its name. */
function egressVia(proxy?: string) {
  const { egress, follow } = createNodeFetch({
    lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    proxies: { http: proxy, https: proxy, none: '' },
  })
  return { egress, follow }
}

const open = new AbortController().signal

/** An https proxy that is receiver.test, and answers every CONNECT without leading anywhere. */
async function openSecureProxy() {
  const names: string[] = []
  const server = createServer({
    cert: pem('receiver.pem'),
    key: pem('receiver.key'),
    SNICallback(name, callback) {
      names.push(name)
      callback(null)
    },
  })
  server.on('connect', (_, socket) => socket.on('error', () => {}).write('HTTP/1.1 200 OK\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    /** What clients asked for in their TLS greeting. */
    names,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('an https proxy', () => {
  const target = { port: 443, isSecure: false }

  test('is asked for by its own name', async () => {
    await using proxy = await openSecureProxy()
    const { egress } = egressVia(`https://localhost:${proxy.port}`)
    const connecting = connectTo({ ...target, host: 'feishu.test' }, egress, open)
    await expect(connecting).rejects.toThrow(/localhost.* is not in the cert's altnames/)
    expect(proxy.names).toEqual(['localhost'])
  })

  test('is not taken for good because its certificate is that of the target', async () => {
    await using proxy = await openSecureProxy()
    const { egress } = egressVia(`https://127.0.0.1:${proxy.port}`)
    const connecting = connectTo({ ...target, host: 'receiver.test' }, egress, open)
    await expect(connecting).rejects.toThrow(/IP: 127\.0\.0\.1 is not in the cert's list/)
    expect(proxy.names).toEqual([])
  })
})

describe.each(['directly', 'by a proxy'])('TLS %s', (way) => {
  async function connect(host: string) {
    await using receiver = await openSecureReceiver()
    await using proxy = await openForwardProxy({ port: receiver.port })
    const { egress } = egressVia(way === 'by a proxy' ? proxy.url : undefined)
    const { port } = receiver
    const socket = await connectTo({ host, port, isSecure: true }, egress, open)
    socket.destroy()
    return proxy.asked.length > 0 ? 'by a proxy' : 'directly'
  }

  test('is open when it resolves, where the certificate is made out to the name', async () => {
    expect(await connect('receiver.test')).toBe(way)
  })

  test.each([
    ['localhost', /Host: localhost\. is not in the cert's altnames/],
    ['127.0.0.1', /IP: 127\.0\.0\.1 is not in the cert's list/],
  ])('fails where it is made out to another than %s', async (host, words) => {
    await expect(connect(host)).rejects.toThrow(words)
  })
})

test.each(['directly', 'by a proxy'])('new rules close a socket opened %s', async (way) => {
  await using secure = await openSecureReceiver()
  await using proxy = await openForwardProxy({ port: secure.port })
  const { egress, follow } = egressVia(way === 'by a proxy' ? proxy.url : undefined)
  const opened = (host: string, isSecure: boolean) =>
    connectTo({ host, port: secure.port, isSecure }, egress, open)
  const [one, other] = [await opened('receiver.test', true), await opened('other.test', false)]
  follow({ deny: ['receiver.test'] })
  const [error] = await once(one, 'error')
  expect(error.message).toContain('egress.deny.0')
  expect(other.destroyed).toBe(false)
  follow({ deny: ['other.test'] })
  await once(other, 'error')
})

test('the address of the proxy is exempt from the rules', async () => {
  await using receiver = await openReceiver()
  const port = Number(new URL(receiver.url).port)
  await using proxy = await openForwardProxy({ port })
  const { egress, follow } = egressVia(proxy.url)
  const socket = await connectTo({ host: 'one.test', port, isSecure: false }, egress, open)
  follow({ deny: ['127.0.0.1'] })
  expect(socket.destroyed).toBe(false)
  socket.destroy()
})

test('the signal ends it while the proxy says nothing, while there is no certificate yet, and when it is open', async () => {
  const sockets: Socket[] = []
  const silent = createTcpServer(
    (socket) => void sockets.push(socket.on('error', () => {}).resume()),
  )
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const closing = new AbortController()
  const target = { host: 'one.test', port, isSecure: false }
  const asking = connectTo(target, egressVia(`http://127.0.0.1:${port}`).egress, closing.signal)
  const greeting = connectTo({ ...target, isSecure: true }, egressVia().egress, closing.signal)
  const socket = await connectTo(target, egressVia().egress, closing.signal)
  await expect.poll(() => sockets.length).toBe(3)
  closing.abort()
  await expect(asking).rejects.toThrow('aborted')
  await expect(greeting).rejects.toThrow('aborted')
  expect(socket.destroyed).toBe(true)
  await expect.poll(() => sockets.every(({ closed }) => closed)).toBe(true)
  silent.close()
})
