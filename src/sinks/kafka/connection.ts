import type { Kafka } from 'kafkajs'
import { DeliveryError } from '../../core/errors.ts'
import { within } from '../../core/within.ts'
import type { KafkaMessage } from './message.ts'
import { createSession, type Session, type SessionSettings } from './session.ts'

/** After this a send is given up, whatever kafkajs is still trying. */
const SEND_DEADLINE_MS = 30_000

export interface ConnectionSettings extends SessionSettings {
  /** How long an unused producer stays connected; while it is, kafkajs keeps a timer of 1 ms running. */
  readonly idleMs: number
}

/** A producer that connects when first used, and again after a failure or a rest. */
export interface Connection {
  /** Resolves when all in-sync replicas have the messages. One call at a time for each topic. */
  send(topic: string, messages: KafkaMessage[]): Promise<void>
  /** What is in flight is not waited for: its session closes when it ends. */
  close(): Promise<void>
}

interface State {
  readonly client: Kafka
  readonly settings: ConnectionSettings
  /** The session for the next send; those that have ended may still have sends in flight. */
  current: Session | undefined
  readonly inFlight: Map<Session, number>
  readonly closing: Set<Promise<void>>
  idleTimer: NodeJS.Timeout | undefined
}

export function openConnection(client: Kafka, settings: ConnectionSettings): Connection {
  const state: State = {
    client,
    settings,
    current: undefined,
    inFlight: new Map(),
    closing: new Set(),
    idleTimer: undefined,
  }
  return {
    send: (topic, messages) => send(state, topic, messages),
    async close() {
      clearTimeout(state.idleTimer)
      const last = state.current
      state.current = undefined
      if (last) closeWhenUnused(state, last)
      await Promise.all(state.closing)
    },
  }
}

async function send(state: State, topic: string, messages: KafkaMessage[]): Promise<void> {
  clearTimeout(state.idleTimer)
  state.current ??= createSession(state.client, state.settings)
  const session = state.current
  await within(
    SEND_DEADLINE_MS,
    () => sendIn(state, session, topic, messages),
    () => {
      end(state, session)
      const message = `the brokers did not answer within ${SEND_DEADLINE_MS} ms`
      return new DeliveryError(message, { unreachable: true })
    },
  )
}

async function sendIn(state: State, session: Session, topic: string, messages: KafkaMessage[]) {
  state.inFlight.set(session, inFlight(state, session) + 1)
  try {
    await session.lookUp(topic)
    await session.send(topic, messages).catch((thrown: unknown) => {
      end(state, session)
      throw thrown
    })
  } finally {
    state.inFlight.set(session, inFlight(state, session) - 1)
    if (session === state.current) closeWhenIdle(state, session)
    else closeWhenUnused(state, session)
  }
}

function inFlight(state: State, session: Session): number {
  return state.inFlight.get(session) ?? 0
}

/** The next send gets a session of its own. */
function end(state: State, session: Session): void {
  if (session === state.current) state.current = undefined
}

function closeWhenIdle(state: State, session: Session): void {
  if (inFlight(state, session) > 0) return
  state.idleTimer = setTimeout(() => {
    end(state, session)
    closeWhenUnused(state, session)
  }, state.settings.idleMs)
  state.idleTimer.unref()
}

function closeWhenUnused(state: State, session: Session): void {
  if (inFlight(state, session) > 0) return
  state.inFlight.delete(session)
  const closing = session.close().finally(() => state.closing.delete(closing))
  state.closing.add(closing)
}
