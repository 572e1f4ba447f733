import { DeliveryError } from '../../core/errors.ts'
import type { ClientConfig, Peer, PeerListener } from '../../core/long-connection.ts'
import type { Receipt } from '../../core/plugin.ts'
import type { Runtime } from '../../core/runtime.ts'
import { within } from '../../core/within.ts'
import { eventFrames } from '../../feishu/event-frames.ts'
import { CONTROL, decodeFrame, encodeFrame, type Frame } from '../../feishu/frames.ts'
import { readAcknowledgement } from './acknowledgement.ts'

/** A consumer's SDK client that is connected. */
export interface Client extends PeerListener {
  /** Deliveries that it has not acknowledged yet. */
  inFlight(): number
  /** Whether it may be sent events. */
  isReady(): boolean
  /** Resolves once it has acknowledged the event. Throws DeliveryError. */
  deliver(event: Uint8Array, signal: AbortSignal): Promise<Receipt>
  /** Says goodbye with a WebSocket close code, and cuts the connection where it is not closed soon: Java's never is. */
  leave(code: number, reason: string): void
  /** Resolves when the connection is closed. */
  readonly ended: Promise<void>
}

export interface ClientTimes {
  readonly clientConfig: ClientConfig
  /** For an acknowledgement, as Feishu waits for it. */
  readonly ackMs: number
  /** A client of which nothing is heard for so long is taken for dead. */
  readonly silentMs: number
  /** For a connection to close. */
  readonly leaveMs: number
  /**
   * Nothing is sent to a client before its first message, or for this long: Node's does not listen yet in the moment in
   * which it connects. All but the newer ones of Java's send a ping at once.
   */
  readonly quietMs: number
}

interface ClientContext {
  readonly runtime: Pick<Runtime, 'crypto' | 'now'>
  readonly times: ClientTimes
  /** The `service_id` that it was given. */
  readonly service: number
  /** Called once, when it may be sent events. */
  ready(): void
}

/** A client that reads nothing must not fill the memory: while more waits for it, it is chosen for no event. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

const PROTOCOL_ERROR = 1002

type Timer = ReturnType<typeof setTimeout>

interface State {
  readonly peer: Peer
  readonly context: ClientContext
  /** What has not been acknowledged, by message id. */
  readonly waiting: Map<string, PromiseWithResolvers<Uint8Array>>
  phase: 'quiet' | 'ready' | 'leaving'
  lastSeqId: number
  quiet?: Timer
  silence?: Timer
  leaving?: Timer
}

export function createClient(peer: Peer, context: ClientContext): Client {
  const state: State = { peer, context, waiting: new Map(), phase: 'quiet', lastSeqId: 0 }
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  state.quiet = setTimeout(() => becomeReady(state), context.times.quietMs)
  listenOn(state)
  return {
    ended,
    inFlight: () => state.waiting.size,
    isReady: () => state.phase === 'ready' && peer.isOpen() && !isFull(state),
    deliver: (event, signal) => deliver(state, event, signal),
    leave: (code, reason) => leave(state, code, reason),
    message(bytes) {
      if (state.phase === 'leaving') return
      // Whoever pings and reads nothing is as good as silent.
      if (!isFull(state)) listenOn(state)
      receive(state, bytes)
      becomeReady(state)
    },
    closed() {
      abandon(state)
      end()
    },
  }
}

function isFull({ peer }: State): boolean {
  return peer.buffered() > MAX_BUFFERED_BYTES
}

/** A new message is due within that time. */
function listenOn(state: State): void {
  clearTimeout(state.silence)
  state.silence = setTimeout(() => cut(state), state.context.times.silentMs)
}

function becomeReady(state: State): void {
  if (state.phase !== 'quiet') return
  state.phase = 'ready'
  state.context.ready()
}

function receive(state: State, bytes: Uint8Array): void {
  const frame = decodeFrame(bytes)
  if (!frame) leave(state, PROTOCOL_ERROR, 'not a frame')
  else if (frame.method !== CONTROL) acknowledge(state, frame)
  else if (frame.headers.get('type') === 'ping') pong(state, frame)
}

/** One that is late is waited for no longer. */
function acknowledge({ waiting }: State, { headers, payload }: Frame): void {
  waiting.get(headers.get('message_id') ?? '')?.resolve(payload)
}

/** Behind all that it has not read yet, a pong would tell it nothing. */
function pong(state: State, ping: Frame): void {
  if (isFull(state)) return
  const { peer, context } = state
  const payload = new TextEncoder().encode(JSON.stringify(context.times.clientConfig))
  peer.send(encodeFrame({ ...ping, headers: new Map([['type', 'pong']]), payload }))
}

async function deliver(state: State, event: Uint8Array, signal: AbortSignal): Promise<Receipt> {
  const { peer, waiting, context } = state
  const { crypto, now } = context.runtime
  const { ackMs } = context.times
  const messageId = crypto.toHex(crypto.randomBytes(16))
  const acknowledged = Promise.withResolvers<Uint8Array>()
  waiting.set(messageId, acknowledged)
  const abort = () => acknowledged.reject(new DeliveryError('timed out', { unreachable: true }))
  signal.addEventListener('abort', abort)
  const seqId = ++state.lastSeqId
  const frames = eventFrames(event, { messageId, seqId, service: context.service, now: now() })
  try {
    for (const frame of frames) peer.send(encodeFrame(frame))
    const late = () =>
      new DeliveryError(`not acknowledged within ${ackMs} ms`, { unreachable: true })
    return readAcknowledgement(await within(ackMs, () => acknowledged.promise, late))
  } finally {
    signal.removeEventListener('abort', abort)
    waiting.delete(messageId)
  }
}

function leave(state: State, code: number, reason: string): void {
  if (state.phase === 'leaving') return
  state.phase = 'leaving'
  state.peer.close(code, reason)
  state.leaving = setTimeout(() => state.peer.terminate(), state.context.times.leaveMs)
}

function cut(state: State): void {
  state.phase = 'leaving'
  state.peer.terminate()
}

function abandon(state: State): void {
  state.phase = 'leaving'
  for (const timer of [state.quiet, state.silence, state.leaving]) clearTimeout(timer)
  for (const { reject } of state.waiting.values()) {
    reject(
      new DeliveryError('the connection closed before the event was acknowledged', {
        returned: 'cut short',
      }),
    )
  }
}
