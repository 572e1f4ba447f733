import * as T from '@sinclair/typebox'
import type { Problem } from '../core/errors.ts'
import type { Destination } from '../core/plugin.ts'
import { certificateOptions, pairProblems } from './certificates.ts'
import { formatOption } from './format.ts'
import { keyProblem } from './sign.ts'

const secret = (description: string) => T.String({ minLength: 1, secret: true, description })

export const webhookOptions = T.Object({
  url: T.String({
    description:
      'Where events are posted, http or https. A user and password in it become Basic authentication.',
  }),
  secret: T.Optional(
    T.Union([T.String(), T.Array(T.String(), { minItems: 1, maxItems: 10 })], {
      secret: true,
      description:
        'Signs each request as Standard Webhooks 1.0: a whsec_ or whsk_ key, or a list while rotating.',
    }),
  ),
  format: T.Optional(formatOption),
  headers: T.Optional(
    T.Record(T.String(), T.String({ secret: true }), {
      description: 'Sent with each request, beside those that the gateway sets.',
    }),
  ),
  verification_token: T.Optional(
    secret("Format feishu: the receiver's own Verification Token, put into the callback."),
  ),
  encrypt_key: T.Optional(
    secret("Format feishu: the receiver's own Encrypt Key, which encrypts and signs the callback."),
  ),
  tls: T.Optional(
    T.Object(
      {
        ...certificateOptions,
        servername: T.Optional(
          T.String({
            minLength: 1,
            description: "The name in the receiver's certificate, where it is not the url's host.",
          }),
        ),
      },
      { additionalProperties: false, description: 'For https: certificates of your own.' },
    ),
  ),
})

export type WebhookOptions = T.Static<typeof webhookOptions>

/** What the schema cannot say. No message shows a value: it may be a secret. */
export function webhookProblems(options: WebhookOptions): Problem[] {
  return [
    ...urlProblems(options),
    ...keyProblems(options.secret),
    ...headersProblems(options),
    ...feishuProblems(options),
    ...tlsProblems(options),
  ]
}

/** Where its requests go. */
export function destinationsOf({ url }: Pick<WebhookOptions, 'url'>): readonly Destination[] {
  return [{ path: 'url', host: URL.parse(url)?.hostname ?? '' }]
}

/** One or several keys, as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat()
}

function urlProblems({ url }: WebhookOptions): Problem[] {
  const { protocol, username, password } = URL.parse(url) ?? {}
  const problem = (message: string) => [{ path: 'url', message }]
  if (protocol !== 'http:' && protocol !== 'https:') {
    return problem('must be a whole address that starts with http:// or https://')
  }
  if (!isEncoded(`${username}${password}`)) {
    return problem('has a % in its user or password that stands for itself: write it as %25')
  }
  return []
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function keyProblems(secret: WebhookOptions['secret']): Problem[] {
  return listOf(secret).flatMap((key, index) => {
    const message = keyProblem(key)
    const path = Array.isArray(secret) ? `secret.${index}` : 'secret'
    return message === undefined ? [] : [{ path, message }]
  })
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** What HTTP/1.1 can carry: no line breaks, nothing beyond Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Those that belong to the connection, and those by which receivers know and check what the gateway sends. */
const OWN_HEADERS =
  /^(host|connection|content-(type|length|encoding)|expect|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|webhook-.*|x-lark-.*|ce-.*)$/

function headersProblems({ url, headers = {} }: WebhookOptions): Problem[] {
  const { username, password } = URL.parse(url) ?? {}
  const seen = new Set(username || password ? ['authorization'] : [])
  return Object.entries(headers).flatMap(([name, value]) => {
    const message = headerProblem(name.toLowerCase(), value, seen)
    seen.add(name.toLowerCase())
    return message === undefined ? [] : [{ path: `headers.${name}`, message }]
  })
}

function headerProblem(name: string, value: string, seen: ReadonlySet<string>): string | undefined {
  if (!TOKEN.test(name)) return 'is not a header name: use letters, digits and hyphens'
  if (OWN_HEADERS.test(name)) return 'is a header that the gateway sets itself'
  if (seen.has(name)) {
    return name === 'authorization'
      ? 'is set twice: once here, and once more here or by the user in url'
      : 'is set twice: header names do not tell capitals from small letters'
  }
  if (!HEADER_VALUE.test(value)) return 'must be one line of Latin-1 characters'
  return undefined
}

function feishuProblems(options: WebhookOptions): Problem[] {
  if (options.format === undefined || options.format === 'feishu') return []
  return (['verification_token', 'encrypt_key'] as const)
    .filter((path) => options[path] !== undefined)
    .map((path) => ({ path, message: `goes with format feishu only, not with ${options.format}` }))
}

function tlsProblems({ url, tls }: WebhookOptions): Problem[] {
  if (tls === undefined) return []
  if (URL.parse(url)?.protocol !== 'http:') return pairProblems('tls', tls)
  return [{ path: 'tls', message: 'has no meaning with http://: remove it, or write https://' }]
}
