import * as T from '@sinclair/typebox'
import type { Problem } from '../core/errors.ts'
import type { Destination } from '../core/plugin.ts'
import type { Crypto } from '../core/runtime.ts'
import { certificateOptions, pairProblems } from './certificates.ts'

/** Options of the sinks that send HTTP requests. */
export const headersOption = T.Optional(
  T.Record(T.String(), T.String({ secret: true }), {
    description: 'Sent with each request, beside those that the gateway sets.',
    examples: [{ 'X-Team': 'finance' }],
  }),
)

export const tlsOption = T.Optional(
  T.Object(
    {
      ...certificateOptions,
      servername: T.Optional(
        T.String({
          minLength: 1,
          description: "The name in the receiver's certificate, where it is not the url's host.",
          examples: ['hooks.internal.example.com'],
        }),
      ),
    },
    { additionalProperties: false, description: 'For https: certificates of your own.' },
  ),
)

type Headers = Readonly<Record<string, string>>

/** Where its requests go. */
export function destinationsOf({ url }: { readonly url: string }): readonly Destination[] {
  return [{ path: 'url', host: URL.parse(url)?.hostname ?? '' }]
}

/** The Authorization header's value (RFC 7617). */
export function basicAuthorization(user: string, password: string, crypto: Crypto): string {
  return `Basic ${crypto.toBase64(new TextEncoder().encode(`${user}:${password}`))}`
}

/** The sink's `headers`, and who asks, unless they say so themselves. */
export function withUserAgent(headers: Headers): Headers {
  const namesItself = Object.keys(headers).some((name) => name.toLowerCase() === 'user-agent')
  return { ...(!namesItself && { 'User-Agent': 'lark-fanout' }), ...headers }
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** What HTTP/1.1 can carry: no line breaks, nothing beyond Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Those that belong to the connection, and those by which receivers know and check what the gateway sends. */
const OWN_HEADERS =
  /^(host|connection|content-(type|length|encoding)|expect|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|webhook-.*|x-lark-.*|ce-.*|traceparent)$/

/** No message shows a value. `authorizedBy`: the options that make an Authorization header too, where they are set. */
export function headersProblems(headers: Headers = {}, authorizedBy?: string): Problem[] {
  const seen = new Set(authorizedBy === undefined ? [] : ['authorization'])
  return Object.entries(headers).flatMap(([name, value]) => {
    const message = headerProblem(name.toLowerCase(), value, seen, authorizedBy)
    seen.add(name.toLowerCase())
    return message === undefined ? [] : [{ path: `headers.${name}`, message }]
  })
}

function headerProblem(
  name: string,
  value: string,
  seen: ReadonlySet<string>,
  authorizedBy?: string,
): string | undefined {
  if (!TOKEN.test(name)) return 'is not a header name: use letters, digits and hyphens'
  if (OWN_HEADERS.test(name)) return 'is a header that the gateway sets itself'
  if (seen.has(name)) {
    return name === 'authorization' && authorizedBy !== undefined
      ? `is set twice: once here, and once more here or by ${authorizedBy}`
      : 'is set twice: header names do not tell capitals from small letters'
  }
  if (!HEADER_VALUE.test(value)) return 'must be one line of Latin-1 characters'
  return undefined
}

export function tlsProblems({
  url,
  tls,
}: {
  readonly url: string
  readonly tls?: T.Static<typeof tlsOption>
}): Problem[] {
  if (tls === undefined) return []
  if (URL.parse(url)?.protocol !== 'http:') return pairProblems('tls', tls)
  return [{ path: 'tls', message: 'has no meaning with http://: remove it, or write https://' }]
}
