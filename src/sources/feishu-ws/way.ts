import { Agent } from 'node:http'
import { Socket } from 'node:net'
import type { HttpInstance } from '@larksuiteoapi/node-sdk'
import { messageOf } from '../../core/errors.ts'
import { isObject } from '../../core/event.ts'
import type { Runtime } from '../../core/runtime.ts'
import { call } from '../../feishu/api/call.ts'
import { refusalOf } from './refusal.ts'
import { connectTo } from './socket.ts'

/** Why there is no connection. */
export interface Failure {
  readonly message: string
  /** It is for people to mend, here or in the developer console. */
  readonly refused: boolean
}

/**
 * How one connection reaches the network: what the SDK is lent, so that its requests and sockets keep to the egress
 * rules and the proxies. It knows what the SDK keeps to itself: why there is no connection, and when it ends.
 */
export interface Way {
  readonly http: HttpInstance
  readonly agent: Agent
  failure(): Failure | undefined
  /** Resolves when the WebSocket's socket is closed. */
  readonly ended: Promise<void>
  destroy(): void
}

/** As the SDK puts it. */
interface Question {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly data?: unknown
}

export function createWay(runtime: Runtime, signal: AbortSignal): Way {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let failure: Failure | undefined
  let isSecure = true
  let socket: Socket | undefined

  const fail = (error: unknown): void => {
    failure ??= { message: messageOf(error), refused: false }
  }
  const agent = new Agent()
  agent.createConnection = ({ host, port }, callback) => {
    connectTo({ host: host ?? '', port: Number(port), isSecure }, runtime.egress).then(
      (connecting) => {
        socket = connecting.once('error', fail).once('close', () => end())
        callback?.(null, socket)
      },
      (error) => {
        fail(error)
        callback?.(error, new Socket())
      },
    )
    return undefined
  }

  async function askForAddress({ url = '', headers = {}, data }: Question) {
    try {
      const question = isObject(data) ? data : {}
      const { body } = await call(runtime, { url, headers, body: question, secrets: [], signal })
      failure = refusalOf(body)
      isSecure = isObject(body.data) && String(body.data.URL).startsWith('wss:')
      // Node's clients compare: this agent is for either of them.
      Object.assign(agent, { protocol: isSecure ? 'https:' : 'http:' })
      return Object(body)
    } catch (error) {
      fail(error)
      throw error
    }
  }

  const destroy = () => void socket?.destroy()
  return { http: onlyRequest(askForAddress), agent, failure: () => failure, ended, destroy }
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
