import * as T from '@sinclair/typebox'
import type { KafkaConfig, SASLOptions } from 'kafkajs'
import type { Problem } from '../../core/errors.ts'
import type { Destination } from '../../core/plugin.ts'
import { certificateOptions, pairProblems } from '../certificates.ts'
import { formatOption } from '../format.ts'
import { topicOption } from '../kafka-record.ts'
import type { CertificateFiles } from '../pem.ts'
import { transformOption, transformProblems } from '../transform.ts'

const sslOption = T.Object(certificateOptions, { additionalProperties: false })

const mechanismOption = T.Union(
  [
    T.Literal('plain'),
    T.Literal('scram-sha-256'),
    T.Literal('scram-sha-512'),
    T.Literal('oauthbearer'),
  ],
  {
    description: 'The SASL mechanism. plain sends the password as it is: use it with ssl.',
    examples: ['scram-sha-512'],
  },
)

const saslOption = T.Object(
  {
    mechanism: mechanismOption,
    username: T.Optional(T.String({ description: 'For plain and scram.', examples: ['lake'] })),
    password: T.Optional(
      T.String({
        secret: true,
        description: 'For plain and scram.',
        examples: [`\${KAFKA_PASSWORD}`],
      }),
    ),
    token: T.Optional(
      T.String({
        secret: true,
        description: 'The bearer token.',
        examples: [`\${KAFKA_TOKEN}`],
      }),
    ),
  },
  { additionalProperties: false, description: 'How to log in. Without it: not at all.' },
)

export const kafkaOptions = T.Object({
  brokers: T.Array(T.String({ pattern: '^[^\\s:/@]+:[0-9]{1,5}$', examples: ['kafka-1:9092'] }), {
    minItems: 1,
    description: 'Brokers to ask first, each as host:port; they name the others.',
    examples: [['kafka-1:9092', 'kafka-2:9092']],
  }),
  topic: topicOption,
  format: formatOption,
  transform: transformOption,
  ssl: T.Optional(
    T.Union([T.Boolean(), sslOption], {
      description: 'TLS to the brokers: true, or certificates of your own.',
      examples: [true, { ca: './certs/ca.pem' }],
    }),
  ),
  sasl: T.Optional(saslOption),
  compression: T.Union([T.Literal('none'), T.Literal('gzip')], {
    default: 'none',
    description: 'How batches are compressed.',
  }),
  client_id: T.String({
    default: 'lark-fanout',
    minLength: 1,
    description: "The name under which the brokers' logs and quotas know this client.",
  }),
})

export type KafkaOptions = T.Static<typeof kafkaOptions>

/** What the schema cannot say: which ports there are, and which credentials belong to which mechanism. */
export async function checkKafka(options: KafkaOptions): Promise<readonly Problem[]> {
  const { brokers, ssl, sasl } = options
  return [
    ...brokers.flatMap(checkPort),
    ...(typeof ssl === 'object' ? pairProblems('ssl', ssl) : []),
    ...(sasl ? checkSasl(sasl) : []),
    ...(await transformProblems(options)),
  ]
}

/** The brokers to ask first. */
export function hostsOf({ brokers }: Pick<KafkaOptions, 'brokers'>): readonly Destination[] {
  return brokers.map((broker, index) => {
    return { path: `brokers.${index}`, host: broker.slice(0, broker.indexOf(':')) }
  })
}

function checkPort(broker: string, index: number): Problem[] {
  const port = Number(broker.slice(broker.indexOf(':') + 1))
  if (port >= 1 && port <= 65535) return []
  return [{ path: `brokers.${index}`, message: 'must have a port from 1 to 65535' }]
}

function checkSasl(sasl: T.Static<typeof saslOption>): Problem[] {
  const needed: readonly string[] =
    sasl.mechanism === 'oauthbearer' ? ['token'] : ['username', 'password']
  return (['username', 'password', 'token'] as const).flatMap((name) => {
    const path = `sasl.${name}`
    if (needed.includes(name) && sasl[name] === undefined) {
      return [{ path, message: `is required with ${sasl.mechanism}` }]
    }
    if (!needed.includes(name) && sasl[name] !== undefined) {
      return [{ path, message: `has no meaning with ${sasl.mechanism}: remove it` }]
    }
    return []
  })
}

/** Where and as whom to connect, in plain data: what two sinks must have in common to share a producer. */
export interface KafkaAccess {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Certificates as PEM text. */
  readonly ssl: boolean | CertificateFiles
  readonly sasl: T.Static<typeof saslOption> | undefined
}

/** `read` gives the PEM texts that the `ssl` options stand for. */
export function accessOf(
  { brokers, client_id, ssl = false, sasl }: KafkaOptions,
  read: (files: CertificateFiles) => CertificateFiles,
): KafkaAccess {
  return { brokers, clientId: client_id, ssl: typeof ssl === 'boolean' ? ssl : read(ssl), sasl }
}

/** The same in kafkajs's words. */
export function kafkaConfigOf({ brokers, clientId, ssl, sasl }: KafkaAccess): KafkaConfig {
  return { brokers: [...brokers], clientId, ssl, ...(sasl && { sasl: credentialsOf(sasl) }) }
}

function credentialsOf(sasl: T.Static<typeof saslOption>): SASLOptions {
  const { mechanism, username = '', password = '', token = '' } = sasl
  if (mechanism !== 'oauthbearer') return { mechanism, username, password }
  return { mechanism, oauthBearerProvider: async () => ({ value: token }) }
}
