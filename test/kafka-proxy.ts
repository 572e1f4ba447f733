import { connect, createServer, type Socket } from 'node:net'

/** Numbers of the Kafka protocol's requests. */
const PRODUCE = 0
const INIT_PRODUCER_ID = 22

/** A bad network between a producer and its broker. */
export interface KafkaProxy extends AsyncDisposable {
  /** The next produce request reaches the broker, but its answer does not come back: the connection breaks. */
  loseNextAnswer(then?: 'refuse'): void
  /** Resolves when an answer has been lost. */
  readonly lost: Promise<void>
  /** Breaks all connections, and every new one. */
  refuse(): void
  /** Breaks all connections, and answers nothing on new ones. Resolves when a request waits on one. */
  stall(): Promise<void>
  /** Passes everything again. */
  accept(): void
}

interface State {
  readonly target: number
  readonly plainBroker: boolean
  mode: 'pass' | 'refuse' | 'stall'
  losing: 'no' | 'once' | 'then refuse'
  readonly lost: PromiseWithResolvers<void>
  readonly waiting: PromiseWithResolvers<void>
  readonly sockets: Set<Socket>
}

/** `plainBroker` hides from clients that the broker offers idempotent producers. */
export async function openKafkaProxy(
  { target, advertised }: { readonly target: number; readonly advertised: number },
  { plainBroker = false } = {},
): Promise<KafkaProxy> {
  const state: State = {
    target,
    plainBroker,
    mode: 'pass',
    losing: 'no',
    lost: Promise.withResolvers(),
    waiting: Promise.withResolvers(),
    sockets: new Set(),
  }
  const server = createServer((client) => take(state, client))
  await new Promise<void>((resolve) => server.listen(advertised, '127.0.0.1', resolve))
  const change = (mode: State['mode']) => {
    state.mode = mode
    for (const socket of state.sockets) socket.destroy()
  }
  return {
    loseNextAnswer(then) {
      state.losing = then ? 'then refuse' : 'once'
    },
    lost: state.lost.promise,
    refuse: () => change('refuse'),
    stall() {
      change('stall')
      return state.waiting.promise
    },
    accept: () => change('pass'),
    async [Symbol.asyncDispose]() {
      change('refuse')
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function take(state: State, client: Socket): void {
  state.sockets.add(client.on('close', () => state.sockets.delete(client)).on('error', () => {}))
  if (state.mode === 'refuse') client.destroy()
  else if (state.mode === 'stall') client.once('data', () => state.waiting.resolve())
  else pass(state, client)
}

function pass(state: State, client: Socket): void {
  let losing = false
  const broker = connect(state.target, '127.0.0.1', () => {})
  broker.on('error', () => client.destroy()).on('close', () => client.destroy())
  client.on('close', () => broker.destroy())
  // A request is written whole, and the next one after its answer: a chunk starts where a request starts.
  client.on('data', (chunk) => {
    if (state.losing !== 'no' && chunk.readInt16BE(4) === PRODUCE) {
      losing = true
      if (state.losing === 'then refuse') state.mode = 'refuse'
      state.losing = 'no'
    }
    broker.write(chunk)
  })
  broker.on('data', (chunk) => {
    if (!losing) return void client.write(state.plainBroker ? hideIdempotence(chunk) : chunk)
    client.destroy()
    state.lost.resolve()
  })
}

/** Renames the entry (key, lowest and highest version) of InitProducerId in an answer that lists what a broker offers. */
function hideIdempotence(chunk: Buffer): Buffer {
  const at = chunk.indexOf(Buffer.from([0, INIT_PRODUCER_ID, 0, 0, 0]))
  if (at > 0 && chunk.length > 200) chunk.writeInt16BE(0x7fff, at)
  return chunk
}
