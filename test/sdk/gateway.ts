import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { callbackOf, KEY, type Served, sealed, TOKEN } from '../serve.ts'
import type { Consumer } from './consumer.ts'

/** A process of another language takes its time on a busy machine. */
const SOON_MS = 60_000

/** Resolves once it holds; with tests side by side there is no expect.poll. Where it never does, it says what the consumers said. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  consumers: readonly Consumer[],
): Promise<void> {
  const deadline = Date.now() + SOON_MS
  while (!(await holds())) {
    if (Date.now() > deadline) {
      const said = consumers.map(({ output }) => output.slice(-20).join('\n'))
      throw new Error([`waited in vain until ${what}`, ...said].join('\n\n'))
    }
    await sleep(50)
  }
}

export const ADMIN = { ADMIN_TOKEN: 'a-token-of-the-operators' }

/** Callbacks that differ in what a consumer reads of them; some of it is not ASCII, as with most of Feishu's users. */
export function someCallbacks(count: number) {
  return Array.from({ length: count }, (_, index) =>
    callbackOf({
      instance_code: `INSTANCE-${index}`,
      operate: index % 2 ? 'READ' : 'CREATE',
      from: `张三/财务 <${index}> 🙂`,
    }),
  )
}

/** Feishu's question to a request URL, and the answer. It is encrypted, and not signed. */
export async function challenge(url: string, key = KEY, token = TOKEN): Promise<unknown> {
  const question = { challenge: 'are-you-there', token: '', type: 'url_verification' }
  const { body } = await sealed(question, key, token)
  const headers = { 'Content-Type': 'application/json; charset=utf-8' }
  const answer = await fetch(url, { method: 'POST', headers, body })
  return answer.json()
}

/** What became of each event, as `<uuid> <state>`. */
async function deliveriesOf({ adminUrl }: Served): Promise<string[]> {
  const headers = { Authorization: `Bearer ${ADMIN.ADMIN_TOKEN}` }
  const answer = await fetch(`${adminUrl}/api/deliveries?limit=200`, { headers })
  const { items }: { items: { event: string; state: string }[] } = JSON.parse(await answer.text())
  return items.map(({ event, state }) => `${event} ${state}`)
}

/** Resolves when all of these are delivered, or dead. What consumers print of them may come a moment later. */
export async function settled(
  gateway: Served,
  state: 'delivered' | 'dead',
  callbacks: readonly { uuid: string }[],
  consumers: readonly Consumer[],
): Promise<void> {
  const areSettled = async () => {
    const states = new Set(await deliveriesOf(gateway))
    return callbacks.every(({ uuid }) => states.has(`${uuid} ${state}`))
  }
  await until(`every event is ${state}`, areSettled, consumers)
}

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Whether somebody listens. */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** How many clients the gateway's one long connection has now. */
export function connectedTo({ log }: Served): number {
  const line = log.findLast((each) => each.includes('"connected":')) ?? '{"connected":0}'
  return JSON.parse(line).connected
}

/** Stands before a gateway and keeps what is answered to those who ask for a connection. */
export interface Door extends AsyncDisposable {
  readonly url: string
  readonly answers: readonly unknown[]
}

export async function openDoor(gateway: Served): Promise<Door> {
  const answers: unknown[] = []
  const server = createServer(async (request, response) => {
    const { method = 'POST', url } = request
    const answer = await fetch(`${gateway.url}${url}`, { method, body: await buffer(request) })
    const text = await answer.text()
    answers.push(JSON.parse(text))
    response.writeHead(answer.status).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
