/** Where a built-in plug stands in the source, and what it is called there. */
export interface OwnModule {
  readonly file: string
  readonly name: string
}

/** What is built in and runs in a worker: it needs nothing but Web APIs. */
export const edgeSources: ReadonlyMap<string, OwnModule> = new Map([
  ['feishu', { file: 'sources/feishu', name: 'feishu' }],
])

export const edgeSinks: ReadonlyMap<string, OwnModule> = new Map([
  ['webhook', { file: 'sinks/webhook', name: 'webhook' }],
  ['kafka-rest', { file: 'sinks/kafka-rest', name: 'kafkaRest' }],
  ['log', { file: 'sinks/log', name: 'log' }],
])

/** Why the others do not, and what to take in their place. */
export const lackingSources: ReadonlyMap<string, string> = new Map([
  [
    'feishu-ws',
    'a worker keeps no long connection: use the type feishu, and make its address the request URL of the app',
  ],
])

export const lackingSinks: ReadonlyMap<string, string> = new Map([
  ['kafka', 'a worker does not speak the protocol of Kafka: use the type kafka-rest'],
  [
    'feishu-ws',
    'a worker keeps no long connection: use the type webhook, which calls the same SDK with verification_token and encrypt_key',
  ],
])

/** Options of built-in sinks that only Node can keep. */
export const lackingOptions: Readonly<Record<string, string>> = {
  tls: 'a worker takes no certificates from a file: remove it, or let a proxy of yours add them',
}
