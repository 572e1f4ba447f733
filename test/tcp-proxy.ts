import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A bad network between two who speak TCP. It passes everything until it is told otherwise. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Resets all connections, and every new one. */
  refuse(): void
  /** Nothing passes and nothing closes: a black hole. New connections are taken, and hear nothing. */
  freeze(): void
  /** Passes everything again, and first what was held up. */
  pass(): void
  /** What is open stays a black hole for ever, and new connections pass: another machine has the address now. */
  failOver(): void
}

type Mode = 'pass' | 'refuse' | 'freeze'

/** To a port of this machine. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  let mode: Mode = 'pass'
  const links = new Set<Link>()
  const lost = new Set<Link>()
  const server = createServer((client) => {
    if (mode === 'refuse') return void client.resetAndDestroy()
    const link = createLink(client, target, () => links.delete(link))
    links.add(link)
    if (mode === 'freeze') link.freeze()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const change = (to: Mode) => {
    mode = to
    for (const link of links) link[to]()
  }
  return {
    port: (server.address() as AddressInfo).port,
    refuse: () => change('refuse'),
    freeze: () => change('freeze'),
    pass: () => change('pass'),
    failOver() {
      change('freeze')
      for (const link of links) lost.add(link)
      links.clear()
      mode = 'pass'
    },
    async [Symbol.asyncDispose]() {
      change('refuse')
      for (const link of lost) link.refuse()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Link = Readonly<Record<Mode, () => void>>

/** Of a client with the target. A paused socket does not even hear that the other end has closed. */
function createLink(client: Socket, target: number, closed: () => void): Link {
  const far = connect({ port: target, host: '127.0.0.1' })
  const both = [client, far] as const
  client.on('data', (chunk) => far.write(chunk))
  far.on('data', (chunk) => client.write(chunk))
  client.on('end', () => far.end())
  far.on('end', () => client.end())
  const reset = () => {
    for (const socket of both) socket.resetAndDestroy()
    closed()
  }
  for (const socket of both) socket.on('error', reset).on('close', closed)
  return {
    refuse: reset,
    freeze: () => both.forEach((socket) => void socket.pause()),
    pass: () => both.forEach((socket) => void socket.resume()),
  }
}
