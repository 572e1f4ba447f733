import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpInstance } from '@larksuiteoapi/node-sdk'
import { messageOf } from '../../core/errors.ts'
import { isObject } from '../../core/event.ts'
import type { Runtime } from '../../core/runtime.ts'
import { call } from '../../feishu/api/call.ts'
import type { FeishuApp } from '../../feishu/app-options.ts'
import { addressOf, type Failure, upgradeRefusal } from './refusal.ts'
import { connectTo } from './socket.ts'

/**
 * How one connection reaches the network: what the SDK is lent, so that its requests and sockets keep to the egress
 * rules and the proxies. It knows what the SDK keeps to itself: why there is no connection, and when it ends.
 */
export interface Way {
  readonly http: HttpInstance
  readonly agent: Agent
  failure(): Failure | undefined
  /** How many bytes have come over the WebSocket's socket. */
  bytesRead(): number
  /** Resolves when the WebSocket's socket is closed. */
  readonly ended: Promise<void>
  /** Closes the socket, or breaks off its opening. */
  destroy(): void
}

/** All that a request asks of Node's agents. */
interface Agent {
  addRequest(
    request: ClientRequest,
    target: { readonly host: string; readonly port: unknown },
  ): void
}

/** As the SDK puts it. */
interface Question {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly data?: unknown
}

export function createWay(app: FeishuApp, runtime: Runtime, signal: AbortSignal): Way {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const destroyed = new AbortController()
  let failure: Failure | undefined
  let socket: Socket | undefined

  const fail = (error: unknown): void => {
    failure ??= { message: messageOf(error), refused: false }
  }

  async function connect(request: ClientRequest, host: string, port: number): Promise<void> {
    const target = { host, port, isSecure: request.protocol === 'https:' }
    socket = await connectTo(target, runtime.egress, destroyed.signal)
    request.onSocket(socket.once('error', fail).once('close', end))
  }

  const agent: Agent = {
    addRequest(request, { host, port }) {
      request.once('response', (answer) => {
        failure ??= upgradeRefusal(answer)
      })
      connect(request, host, Number(port)).catch((error: unknown) => {
        fail(error)
        request.emit('error', error)
      })
    },
  }

  async function askForAddress({ url = '', headers = {}, data }: Question) {
    try {
      const question = isObject(data) ? data : {}
      const secrets = [app.appSecret]
      const answer = await call(runtime, { url, headers, body: question, secrets, signal })
      const address = addressOf(answer)
      if ('refused' in address) failure = address
      return Object(answer.body)
    } catch (error) {
      fail(error)
      throw error
    }
  }

  return {
    http: onlyRequest(askForAddress),
    agent,
    failure: () => failure,
    bytesRead: () => socket?.bytesRead ?? 0,
    ended,
    destroy: () => destroyed.abort(),
  }
}

function onlyRequest(request: HttpInstance['request']): HttpInstance {
  const unused = () =>
    Promise.reject(new Error('the SDK asks for the address of its connection only'))
  return {
    request,
    get: unused,
    delete: unused,
    head: unused,
    options: unused,
    post: unused,
    put: unused,
    patch: unused,
  }
}
