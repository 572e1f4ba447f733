import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/**
 * Certificates for a hundred years, made with openssl (EC, P-256): `ca.pem` vouches for `receiver.pem` (receiver.test)
 * and for `client.pem` (client.test); its own key is gone.
 */
export const TLS_FOLDER = new URL('./fixtures/tls/', import.meta.url).pathname

export const pem = (name: string): string => readFileSync(`${TLS_FOLDER}${name}`, 'utf8')

export interface SecureReceiver extends AsyncDisposable {
  readonly port: number
  /** Of each request: the name in the client's certificate, and the name that it asked for. */
  readonly requests: readonly { readonly client: string; readonly servername: string }[]
  readonly connections: number
}

/** An https receiver on loopback whose certificate is made out to receiver.test; it may ask for a client's too. */
export async function openSecureReceiver({ asksForClient = false } = {}): Promise<SecureReceiver> {
  const requests: { client: string; servername: string }[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(
    {
      cert: pem('receiver.pem'),
      key: pem('receiver.key'),
      ca: pem('ca.pem'),
      requestCert: asksForClient,
      rejectUnauthorized: asksForClient,
    },
    (incoming, response) => {
      const socket = incoming.socket as TLSSocket & { servername?: string | false }
      const client = String(socket.getPeerCertificate().subject?.CN ?? '')
      requests.push({ client, servername: socket.servername || '' })
      incoming.resume().on('end', () => response.end('received'))
    },
  )
  server.on('secureConnection', () => connections++)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
