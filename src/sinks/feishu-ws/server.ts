import { DeliveryError } from '../../core/errors.ts'
import type { Event } from '../../core/event.ts'
import type { Invitation, LongConnection } from '../../core/long-connection.ts'
import type { Sink } from '../../core/plugin.ts'
import type { Runtime } from '../../core/runtime.ts'
import { withToken } from '../format.ts'
import { type Client, type ClientTimes, createClient } from './client.ts'
import type { LongConnectionOptions } from './options.ts'
import { createTickets, type Tickets } from './tickets.ts'

const PING_S = 30

/** Clients come back soon, for whatever is owed to them waits; Feishu's own wait is 120 s. */
const TIMES: ClientTimes = {
  clientConfig: {
    ReconnectCount: -1,
    ReconnectInterval: 5,
    ReconnectNonce: 3,
    PingInterval: PING_S,
  },
  ackMs: 3000,
  leaveMs: 500,
  silentMs: 2.5 * PING_S * 1000,
  quietMs: 250,
}

/** As Feishu has it, an app. */
const MAX_CLIENTS = 50

/** Clients want a whole number and send it back. */
const SERVICE = 1

/** A WebSocket close code, upon which every client asks for a connection again. */
const SERVICE_RESTART = 1012

type ServerRuntime = Pick<Runtime, 'crypto' | 'now' | 'log'>

interface State {
  readonly options: LongConnectionOptions
  readonly runtime: ServerRuntime
  readonly times: ClientTimes
  readonly tickets: Tickets
  /** Whoever was sent something last comes last. */
  readonly clients: Set<Client>
  closing: boolean
}

/** The server's side of one app's long connection: each event goes to one of the clients that are connected. */
export async function createServer(
  options: LongConnectionOptions,
  runtime: ServerRuntime,
  times: ClientTimes = TIMES,
): Promise<Sink & { readonly longConnection: LongConnection }> {
  const { app_id, app_secret } = options
  const tickets = await createTickets(app_id, app_secret, runtime)
  const state: State = { options, runtime, times, tickets, clients: new Set(), closing: false }
  return {
    ready: () => leastBusy(state.clients) !== undefined,
    deliver: async (event, { signal }) => deliver(state, event, signal),
    longConnection: longConnectionOf(state),
    async close() {
      state.closing = true
      const clients = [...state.clients]
      for (const client of clients) client.leave(SERVICE_RESTART, 'connect again')
      await Promise.all(clients.map(({ ended }) => ended))
    },
  }
}

async function deliver({ clients, options }: State, event: Event, signal: AbortSignal) {
  const client = leastBusy(clients)
  if (!client) throw new DeliveryError('nobody is connected', { returned: 'unsent' })
  clients.delete(client)
  clients.add(client)
  const text = withToken(event, options.verification_token ?? '')
  return client.deliver(new TextEncoder().encode(text), signal)
}

function leastBusy(clients: Iterable<Client>): Client | undefined {
  let least: Client | undefined
  for (const client of clients) {
    if (client.isReady() && !(least && least.inFlight() <= client.inFlight())) least = client
  }
  return least
}

function longConnectionOf(state: State): LongConnection {
  const { options, clients, tickets } = state
  return {
    appId: options.app_id,
    invite: (secret) => invite(state, secret),
    async admits(query) {
      const holds = await tickets.holds(query.get('ticket') ?? '')
      return holds && !state.closing && clients.size < MAX_CLIENTS
    },
    connect(peer, ready) {
      const { runtime, times } = state
      const client = createClient(peer, { runtime, times, service: SERVICE, ready })
      clients.add(client)
      tell(state, 'a consumer has connected')
      void client.ended.then(() => {
        clients.delete(client)
        tell(state, 'a consumer has disconnected')
      })
      if (state.closing) client.leave(SERVICE_RESTART, 'connect again')
      return client
    },
  }
}

async function invite(state: State, secret: string): Promise<Invitation> {
  const { options, runtime, times, clients, tickets, closing } = state
  if (!runtime.crypto.equal(secret, options.app_secret)) return { kind: 'wrong secret' }
  if (closing) return { kind: 'closing' }
  if (clients.size >= MAX_CLIENTS) return { kind: 'too many connections' }
  const query = new URLSearchParams({
    // Node's client loses whatever comes first.
    via: 'lark-fanout',
    device_id: runtime.crypto.toHex(runtime.crypto.randomBytes(8)),
    service_id: String(SERVICE),
    ticket: await tickets.issue(),
  })
  return { kind: 'invited', query: query.toString(), clientConfig: times.clientConfig }
}

function tell({ options, runtime, clients }: State, message: string): void {
  runtime.log.info({ app: options.app_id, connected: clients.size }, message)
}
