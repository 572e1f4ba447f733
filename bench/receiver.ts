/**
 * Where deliver.ts and scaling.ts post to: answers 200 at once, or after so many milliseconds, and on GET how many it
 * has answered so far. Prints its port.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const delayMs = Number(process.argv[2] ?? 0)
let received = 0

const server = createServer((request, response) => {
  if (request.method === 'GET') return response.end(String(received))
  request.resume()
  return request.on('end', () => {
    if (delayMs > 0) setTimeout(answer, delayMs)
    else answer()
  })
  function answer(): void {
    received++
    response.end()
  }
})
server.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  console.log(port)
})
