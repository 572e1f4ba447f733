import * as T from '@sinclair/typebox'
import type { Problem } from '../../core/errors.ts'
import { formatOption } from '../format.ts'
import { headersOption, headersProblems, tlsOption, tlsProblems } from '../http-options.ts'
import { topicOption } from '../kafka-record.ts'
import { transformOption, transformProblems } from '../transform.ts'

export const kafkaRestOptions = T.Object({
  url: T.String({
    description:
      'The address of the REST API (Confluent, v3), without its /v3: http://rest-proxy:8082, or https://pkc-12345.eu-central-1.aws.confluent.cloud/kafka.',
    examples: ['http://rest-proxy:8082'],
  }),
  cluster_id: T.Optional(
    T.String({
      minLength: 1,
      description:
        "The Kafka cluster's id. Without it the REST API is asked, which Confluent Cloud's may not answer.",
      examples: ['lkc-abc123'],
    }),
  ),
  topic: topicOption,
  format: formatOption,
  transform: transformOption,
  username: T.Optional(
    T.String({
      minLength: 1,
      description: 'For Basic authentication: an API key, for one.',
      examples: [`\${KAFKA_API_KEY}`],
    }),
  ),
  password: T.Optional(
    T.String({
      minLength: 1,
      secret: true,
      description: "The username's password, or API secret.",
      examples: [`\${KAFKA_API_SECRET}`],
    }),
  ),
  token: T.Optional(
    T.String({
      minLength: 1,
      secret: true,
      description: 'A bearer token, in place of a username.',
      examples: [`\${KAFKA_TOKEN}`],
    }),
  ),
  headers: headersOption,
  tls: tlsOption,
})

export type KafkaRestOptions = T.Static<typeof kafkaRestOptions>

/** What the schema cannot say. No message shows a value: it may be a secret. */
export async function kafkaRestProblems(options: KafkaRestOptions): Promise<Problem[]> {
  const { username, token, headers } = options
  const authorizedBy =
    username === undefined && token === undefined ? undefined : 'username or token'
  return [
    ...urlProblems(options),
    ...credentialProblems(options),
    ...headersProblems(headers, authorizedBy),
    ...tlsProblems(options),
    ...(await transformProblems(options)),
  ]
}

function urlProblems({ url }: KafkaRestOptions): Problem[] {
  const message = urlProblem(URL.parse(url))
  return message === undefined ? [] : [{ path: 'url', message }]
}

function urlProblem(url: URL | null): string | undefined {
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return 'must be a whole address that starts with http:// or https://'
  }
  if (url.username || url.password) {
    return 'must have no user and password: put them into username and password'
  }
  if (url.search || url.hash) return 'must have nothing after a ? or #'
  if (/\/v3(\/|$)/.test(url.pathname)) return 'must end before its /v3: leave that out'
  if (url.hostname.endsWith('.confluent.cloud') && !/^\/kafka\/*$/.test(url.pathname)) {
    return 'must end with /kafka: Confluent Cloud has its REST API there'
  }
  return undefined
}

function credentialProblems({ username, password, token }: KafkaRestOptions): Problem[] {
  const problems: Problem[] = []
  if (username !== undefined && password === undefined) {
    problems.push({ path: 'password', message: 'is required with username' })
  }
  if (username === undefined && password !== undefined) {
    problems.push({ path: 'username', message: 'is required with password' })
  }
  if (token !== undefined && (username !== undefined || password !== undefined)) {
    problems.push({
      path: 'token',
      message: 'stands in place of username and password: remove one',
    })
  }
  if (username?.includes(':')) {
    problems.push({
      path: 'username',
      message: 'must have no colon: Basic authentication ends it there',
    })
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    problems.push({ path: 'token', message: 'must be one line of ASCII characters without spaces' })
  }
  return problems
}
