import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import { isObject } from '../core/event.ts'
import { eventFrames } from '../feishu/event-frames.ts'
import { CONTROL, decodeFrame, encodeFrame, type Frame } from '../feishu/frames.ts'
import type { Attempt } from './schedule.ts'

/** How the server misbehaves. To be changed at any time: what counts is how it is when something is sent. */
export interface ConnectionFaults {
  /** Answers no ping and sends no event, yet closes nothing: a network that has forgotten the connection. */
  silent: boolean
  /** Cuts every event into frames of at most so many bytes. */
  chunkBytes: number
}

/** What clients are told to do, in seconds. */
export type ClientConfig = Readonly<{
  /** How often to try to connect again; -1: for ever. */
  ReconnectCount: number
  ReconnectInterval: number
  /** Before the first try a client waits between 0 and this. */
  ReconnectNonce: number
  PingInterval: number
}>

/** One client's WebSocket, as the server has it. */
export interface Connection {
  /** Sends an event and waits for its acknowledgement. Never rejects. */
  send(text: string, ackMs: number): Promise<Attempt>
}

interface ConnectionOptions {
  readonly service: number
  readonly faults: ConnectionFaults
  readonly config: ClientConfig
}

/** The official Node SDK does not listen yet in the moment in which it connects: its first ping says that it does. */
const QUIET_MS = 250

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function createConnection(socket: WebSocket, options: ConnectionOptions): Connection {
  const { service, faults, config } = options
  const waiting = new Map<string, (attempt: Attempt) => void>()
  const transmit = (frame: Frame) => {
    if (!faults.silent) socket.send(encodeFrame(frame))
  }
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>()
  setTimeout(listens, QUIET_MS).unref()
  socket.on('message', (message: Buffer) => {
    listens()
    const frame = decodeFrame(message)
    if (frame?.headers.get('type') === 'ping') transmit(pong(service, config))
    else if (frame) waiting.get(frame.headers.get('message_id') ?? '')?.(acknowledged(frame))
  })
  // What is no WebSocket message closes the connection.
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    listens()
    for (const settle of waiting.values()) settle({ status: undefined, said: 'closed' })
  })
  return {
    async send(text, ackMs) {
      await listening
      const messageId = randomUUID()
      const { promise, resolve } = Promise.withResolvers<Attempt>()
      waiting.set(messageId, resolve)
      const late = { status: undefined, said: `no acknowledgement within ${ackMs} ms` }
      const timer = setTimeout(resolve, ackMs, late)
      const payload = encoder.encode(text)
      const as = { messageId, seqId: 1, service, now: Date.now(), payloadBytes: faults.chunkBytes }
      for (const frame of eventFrames(payload, as)) transmit(frame)
      const attempt = await promise
      clearTimeout(timer)
      waiting.delete(messageId)
      return attempt
    },
  }
}

/** Each pong says anew what the client is to do. */
function pong(service: number, config: ClientConfig): Frame {
  const headers = new Map([['type', 'pong']])
  const payload = encoder.encode(JSON.stringify(config))
  return { seqId: 0, logId: 0, service, method: CONTROL, headers, payload }
}

/** The client's answer is the frame that it got, with a payload such as `{"code":200}`. */
function acknowledged({ payload }: Frame): Attempt {
  const said = decoder.decode(payload)
  try {
    const answer: unknown = JSON.parse(said)
    const code = isObject(answer) ? answer.code : undefined
    return { status: typeof code === 'number' ? code : undefined, said }
  } catch {
    return { status: undefined, said }
  }
}
