import { defineSink } from '../core/plugin.ts'
import type { Crypto, Runtime } from '../core/runtime.ts'
import { noAnswer, readAnswer } from './answer.ts'
import {
  type Encode,
  encodeBinaryCloudEvent,
  encodeCloudEvent,
  encodeData,
  encodeFeishu,
} from './encode.ts'
import { createSign } from './sign.ts'
import {
  destinationsOf,
  listOf,
  type WebhookOptions,
  webhookOptions,
  webhookProblems,
} from './webhook-options.ts'

/** Posts each event to a URL, as Standard Webhooks 1.0 or as Feishu itself would do. */
export const webhook = defineSink({
  type: 'webhook',
  options: webhookOptions,
  check: webhookProblems,
  destinations: destinationsOf,
  async open(options, runtime) {
    const { url, headers } = destination(options, runtime.crypto)
    const encode = await createEncode(options, runtime)
    const signatureOf = createSignatureHeaders(options, runtime)
    const tls = options.tls && runtime.secure(options.tls)
    return {
      async deliver(event, { signal }) {
        const message = await encode(event)
        const signature = await signatureOf(event.id, message.body)
        const answer = await runtime
          .fetch(url, {
            method: 'POST',
            headers: { ...headers, ...message.headers, ...signature },
            body: message.body,
            signal,
            ...(tls && { tls }),
          })
          .catch((error: unknown) => {
            throw noAnswer(error, signal)
          })
        return readAnswer(answer, runtime.now())
      },
      close: async () => tls?.close(),
    }
  },
})

/** The URL without its user and password, which go into a header: `fetch` takes no URL that has them. */
function destination({ url, headers = {} }: WebhookOptions, crypto: Crypto) {
  const target = new URL(url)
  const user = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
  target.username = ''
  target.password = ''
  const credentials = crypto.toBase64(new TextEncoder().encode(user))
  const namesItself = Object.keys(headers).some((name) => name.toLowerCase() === 'user-agent')
  return {
    url: target.href,
    headers: {
      ...(user !== ':' && { Authorization: `Basic ${credentials}` }),
      ...(!namesItself && { 'User-Agent': 'lark-fanout' }),
      ...headers,
    },
  }
}

function createEncode(options: WebhookOptions, runtime: Runtime): Encode | Promise<Encode> {
  const { format = 'feishu', verification_token = '', encrypt_key } = options
  if (format === 'cloudevents') return encodeCloudEvent
  if (format === 'cloudevents-binary') return encodeBinaryCloudEvent
  if (format === 'data') return encodeData
  return encodeFeishu(verification_token, encrypt_key, runtime)
}

/** The Standard Webhooks headers of one attempt; none without a `secret`. */
function createSignatureHeaders({ secret }: WebhookOptions, { crypto, now }: Runtime) {
  const sign = createSign(listOf(secret), crypto)
  return async (id: string, body: string): Promise<Readonly<Record<string, string>>> => {
    if (secret === undefined) return {}
    const timestamp = Math.floor(now() / 1000)
    return {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await sign(id, timestamp, body),
    }
  }
}
