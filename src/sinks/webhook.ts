import { defineSink } from '../core/plugin.ts'
import type { Crypto, FetchResponse, Runtime } from '../core/runtime.ts'
import { noAnswer, readAnswer } from './answer.ts'
import {
  type Encode,
  encodeBinaryCloudEvent,
  encodeCloudEvent,
  encodeData,
  encodeFeishu,
} from './encode.ts'
import { basicAuthorization, destinationsOf, withUserAgent } from './http-options.ts'
import { createSign } from './sign.ts'
import { openData, previewOf } from './transform.ts'
import { createUrlVerification, type Post } from './url-verification.ts'
import { listOf, type WebhookOptions, webhookOptions, webhookProblems } from './webhook-options.ts'

/** Posts each event to a URL, as Standard Webhooks 1.0 or as Feishu itself would do. */
export const webhook = defineSink({
  type: 'webhook',
  options: webhookOptions,
  check: webhookProblems,
  destinations: destinationsOf,
  checkedAlone: ['transform'],
  preview: previewOf,
  checkFiles({ tls }, { secure }) {
    if (tls) void secure(tls).close()
  },
  async open(options, runtime) {
    const { url, headers } = destination(options, runtime.crypto)
    const encode = await createEncode(options, runtime)
    const signatureOf = createSignatureHeaders(options, runtime)
    const tls = options.tls && runtime.secure(options.tls)
    const request = (method: string, more: Headers, body: string, signal: AbortSignal) =>
      runtime
        .fetch(url, { method, headers: { ...headers, ...more }, body, signal, ...(tls && { tls }) })
        .catch((error: unknown) => {
          throw noAnswer(error, signal)
        })
    const post: Post = (...message) => request('POST', ...message)
    const verify = isFeishuApp(options)
      ? await createUrlVerification(options, runtime.crypto, post)
      : undefined
    return {
      async deliver(event, { signal, traceparent }) {
        const message = await encode(event, undefined, traceparent)
        const signature = await signatureOf(event.id, message.body)
        const own = { ...message.headers, ...signature, ...(traceparent && { traceparent }) }
        return readAnswer(await post(own, message.body, signal), runtime.now())
      },
      span: { kind: 'client', attributes: { 'http.request.method': 'POST' } },
      probe: verify ?? (async (signal) => isThere(await request('HEAD', {}, '', signal))),
      ...(verify && { greet: verify }),
      close: async () => tls?.close(),
    }
  },
})

type Headers = Readonly<Record<string, string>>

/** Whether the receiver stands where an app of Feishu's would, and so is asked what Feishu asks. */
function isFeishuApp({ verification_token, encrypt_key }: WebhookOptions): boolean {
  return verification_token !== undefined || encrypt_key !== undefined
}

/** What a proxy or a load balancer says where nobody is behind it. */
const NOBODY = [502, 503, 504]

/** Any other answer will do: hardly a receiver of POSTs knows HEAD. */
function isThere({ status }: FetchResponse): string {
  if (NOBODY.includes(status)) {
    throw new Error(
      `answers HEAD with ${status}, as a proxy does that has no receiver behind it: start the receiver, or correct the sink's url`,
    )
  }
  return `is there: answers HEAD with ${status}`
}

/** The URL without its user and password, which go into a header: `fetch` takes no URL that has them. */
function destination({ url, headers = {} }: WebhookOptions, crypto: Crypto) {
  const target = new URL(url)
  const [user = '', password = ''] = [target.username, target.password].map(decodeURIComponent)
  target.username = ''
  target.password = ''
  return {
    url: target.href,
    headers: {
      ...((user || password) && { Authorization: basicAuthorization(user, password, crypto) }),
      ...withUserAgent(headers),
    },
  }
}

const encoders = {
  cloudevents: encodeCloudEvent,
  'cloudevents-binary': encodeBinaryCloudEvent,
  data: encodeData,
}

async function createEncode(options: WebhookOptions, runtime: Runtime): Promise<Encode> {
  const { format = 'feishu', transform, verification_token = '', encrypt_key } = options
  if (format === 'feishu') return encodeFeishu(verification_token, encrypt_key, runtime)
  const encode = encoders[format]
  if (transform === undefined) return encode
  const dataOf = await openData(options)
  return async (event, _, traceparent) => encode(event, await dataOf(event), traceparent)
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
