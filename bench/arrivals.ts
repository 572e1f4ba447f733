/**
 * A receiver that notes when the head of each request was there, by its `webhook-id`, and answers 200 at once; paths
 * that begin with /hang get no answer. GET gives what it has noted since the last one. Prints its port.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let arrivals: [id: string, at: number][] = []

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(arrivals))
    arrivals = []
    return
  }
  if (request.url?.startsWith('/hang')) return
  arrivals.push([String(request.headers['webhook-id']), Number(process.hrtime.bigint()) / 1e6])
  request.resume()
  request.on('end', () => response.end())
})
server.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  console.log(port)
})
