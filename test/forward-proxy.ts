import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A proxy as companies have them: CONNECT for https, whole URLs for http. It looks names up by itself. */
export interface ForwardProxy extends AsyncDisposable {
  /** `http://user:password@127.0.0.1:12345` */
  readonly url: string
  /** `CONNECT one.test:443` or `POST http://one.test/`, in the order in which they came. */
  readonly asked: readonly string[]
}

export interface ForwardProxyOptions {
  /** Where whatever is asked for really is. */
  readonly port: number
  /** Refuses everything with this status. */
  readonly refuseWith?: number
}

export async function openForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const { port: target, refuseWith } = options
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const expected = `Basic ${Buffer.from('user:pass word').toString('base64')}`
  const statusFor = (credentials: string | undefined) =>
    refuseWith ?? (credentials === expected ? 200 : 407)

  const server = createServer((incoming, response) => {
    const { method, url = '', headers } = incoming
    asked.push(`${method} ${url}`)
    const status = statusFor(headers['proxy-authorization'])
    if (status !== 200) return void response.writeHead(status).end()
    const { pathname } = new URL(url)
    const onward = forward({ host: '127.0.0.1', port: target, method, path: pathname, headers })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  server.on('connect', (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    client.on('error', () => client.destroy())
    const status = statusFor(incoming.headers['proxy-authorization'])
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const onward = connect(target, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => onward.destroy())
    client.pipe(onward).pipe(client)
  })
  server.on('connection', (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://user:pass%20word@127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
