import { once } from 'node:events'
import WebSocket from 'ws'
import { CONTROL, decodeFrame, encodeFrame, type Frame } from '../../../src/feishu/frames.ts'
import { APP, SECRET } from './gateway.ts'

/** Asks where to connect, as the SDKs do. */
export async function ask(url: string, appId = APP, secret = SECRET): Promise<Answer> {
  const body = JSON.stringify({ AppID: appId, AppSecret: secret })
  const answer = await fetch(`${url}/callback/ws/endpoint`, { method: 'POST', body })
  return { status: answer.status, ...Object(await answer.json()) }
}

interface Answer {
  readonly status: number
  readonly code: number
  readonly msg: string
  readonly data: { readonly URL: string; readonly ClientConfig: object }
}

/** A client without the SDKs' manners. */
export interface RawClient extends Disposable {
  readonly socket: WebSocket
  readonly frames: readonly Frame[]
  /** Bytes of the messages that the frames came in. */
  readonly sizes: readonly number[]
  /** The n-th frame, from 0, once it is there. */
  frame(n: number): Promise<Frame>
  send(frame: Frame): void
  ping(): void
  /** Answers an event with this code. */
  acknowledge(frame: Frame, code: number): void
  /** From now on answers each event with 200. */
  acknowledgeAll(): void
  /** The WebSocket close code, once it is closed. */
  readonly closed: Promise<number>
}

export const PING: Frame = {
  seqId: 0,
  logId: 0,
  service: 1,
  method: CONTROL,
  headers: new Map([['type', 'ping']]),
  payload: new Uint8Array(),
}

export async function connect(url: string, appId = APP, secret = SECRET): Promise<RawClient> {
  return connectTo((await ask(url, appId, secret)).data.URL)
}

/** With an address that was given before. */
export async function connectTo(address: string): Promise<RawClient> {
  const socket = new WebSocket(address)
  const frames: Frame[] = []
  const sizes: number[] = []
  const waiting = new Set<() => void>()
  let isWilling = false
  const closed = once(socket, 'close').then(([code]) => Number(code))
  socket.on('error', () => {})
  const client: RawClient = {
    socket,
    frames,
    sizes,
    closed,
    async frame(n) {
      while (frames.length <= n) await new Promise<void>((resolve) => waiting.add(resolve))
      const frame = frames[n]
      if (!frame) throw new Error('it was there')
      return frame
    },
    send: (frame) => socket.send(encodeFrame(frame)),
    ping: () => client.send(PING),
    acknowledge(frame, code) {
      const payload = new TextEncoder().encode(JSON.stringify({ code }))
      client.send({ ...frame, payload })
    },
    acknowledgeAll() {
      isWilling = true
      for (const frame of frames) client.acknowledge(frame, 200)
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
  socket.on('message', (data: Buffer) => {
    const frame = decodeFrame(data)
    if (!frame) throw new Error('the gateway sent what is no frame')
    frames.push(frame)
    sizes.push(data.length)
    if (isWilling && frame.method !== CONTROL) client.acknowledge(frame, 200)
    for (const look of waiting) look()
    waiting.clear()
  })
  await once(socket, 'open')
  return client
}

/** How a connection that is refused is refused. */
export async function refusalOf(address: string) {
  const socket = new WebSocket(address)
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  socket.terminate()
  return { status: response.statusCode, handshake: response.headers['handshake-status'] }
}

/** The id of the event that a frame brings. */
export function eventOf(...frames: readonly Frame[]): string {
  const text = Buffer.concat(frames.map(({ payload }) => payload)).toString()
  return Object(JSON.parse(text)).uuid
}
