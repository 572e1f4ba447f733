import { connect } from 'node:net'

const ANSWER_MS = 10_000

/** What a client costs is taken from the server it shares the machine with, so this one writes and reads raw bytes. */
export interface Load {
  readonly port: number
  /** Whole HTTP requests. */
  readonly requests: readonly Buffer[]
  readonly connections: number
  /** How every answer's body has to end; the only `}` at the end of what arrives is the body's own. */
  readonly answer: `${string}}`
}

/** The next request goes out when the one before it on its connection is answered. Gives requests a second. */
export async function send({ port, requests, connections, answer }: Load): Promise<number> {
  const queue = requests.values()
  const startedAt = performance.now()
  const clients = Array.from({ length: connections }, () => client(port, queue, answer))
  await Promise.all(clients)
  return (requests.length * 1000) / (performance.now() - startedAt)
}

function client(port: number, queue: Iterator<Buffer>, answer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const buffer = Buffer.allocUnsafe(16 * 1024)
    const read = (length: number) => {
      text += buffer.toString('latin1', 0, length)
      if (text.endsWith('}')) take()
      return true
    }
    const onread = { buffer, callback: read }
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    const next = () => {
      const { value, done } = queue.next()
      if (!done) return socket.write(value)
      resolve()
      return socket.end()
    }
    const take = () => {
      if (!text.startsWith('HTTP/1.1 200 ') || !text.endsWith(answer)) {
        return socket.destroy(new Error(`not the answer that was expected:\n${text}`))
      }
      text = ''
      next()
    }
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer in time')))
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed before the answer')))
  })
}
