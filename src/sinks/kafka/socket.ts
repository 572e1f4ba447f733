import { connect, isIP, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type { Egress } from '../../core/runtime.ts'

const KEEP_ALIVE_MS = 60_000

/** Opens kafkajs's sockets, to the brokers of routes.yaml and to those that they name, as far as the rules let it. */
export function socketFactory(egress: Egress): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const refusal = egress.refusal(host)
    if (refusal) return new Socket().destroy(refusal)
    const options = { host, port, lookup: egress.lookup }
    const socket = ssl
      ? connectTls({ ...options, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
      : connect(options, onConnect)
    socket.once('connect', () => egress.hold(host, socket))
    return socket.setKeepAlive(true, KEEP_ALIVE_MS)
  }
}
