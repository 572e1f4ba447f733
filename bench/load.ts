import { connect } from 'node:net'

/** Enough that the next callbacks arrive while a transaction is being written. */
const CONNECTIONS = 128
const ANSWER_MS = 10_000

/**
 * Posts callbacks, whole HTTP requests, each once the one before it on its connection is answered; gives how many a
 * second. Every answer must be a 200 that says `accepted`. What a client costs is taken from the server that shares
 * its machine, so this one writes and reads raw bytes.
 */
export async function send(port: number, requests: readonly Buffer[]): Promise<number> {
  const queue = requests.values()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, () => converse(port, queue)))
  return (requests.length * 1000) / (performance.now() - startedAt)
}

/** One connection, until the queue is empty. */
function converse(port: number, queue: Iterator<Buffer>): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const buffer = Buffer.allocUnsafe(16 * 1024)
    const read = (length: number) => {
      answer += buffer.toString('latin1', 0, length)
      // Only a body ends with this, and only at its end: it is one flat object.
      if (answer.endsWith('}')) take()
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
      if (!answer.startsWith('HTTP/1.1 200 ') || !answer.endsWith('"msg":"accepted"}')) {
        return socket.destroy(new Error(`a callback was not accepted:\n${answer}`))
      }
      answer = ''
      return next()
    }
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer in time')))
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed before the answer')))
  })
}
