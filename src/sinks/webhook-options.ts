import * as T from '@sinclair/typebox'
import type { Problem } from '../core/errors.ts'
import { formatOption } from './format.ts'
import { headersOption, headersProblems, tlsOption, tlsProblems } from './http-options.ts'
import { keyProblem } from './sign.ts'
import { transformOption, transformProblems } from './transform.ts'

const secret = (description: string, example: string) =>
  T.String({ minLength: 1, secret: true, description, examples: [example] })

export const webhookOptions = T.Object({
  url: T.String({
    description:
      'Where events are posted, http or https. A user and password in it become Basic authentication.',
    examples: ['https://finance.example.com/hooks/approvals'],
  }),
  secret: T.Optional(
    T.Union([T.String(), T.Array(T.String(), { minItems: 1, maxItems: 10 })], {
      secret: true,
      description:
        'Signs each request as Standard Webhooks 1.0: a whsec_ or whsk_ key, or a list while rotating.',
      examples: [`\${FINANCE_WEBHOOK_SECRET}`, [`\${NEW_SECRET}`, `\${OLD_SECRET}`]],
    }),
  ),
  format: T.Optional(formatOption),
  transform: transformOption,
  headers: headersOption,
  verification_token: T.Optional(
    secret(
      "Format feishu: the receiver's own Verification Token, put into the callback.",
      `\${HR_TOKEN}`,
    ),
  ),
  encrypt_key: T.Optional(
    secret(
      "Format feishu: the receiver's own Encrypt Key, which encrypts and signs the callback.",
      `\${HR_ENCRYPT_KEY}`,
    ),
  ),
  tls: tlsOption,
})

export type WebhookOptions = T.Static<typeof webhookOptions>

/** What the schema cannot say. No message shows a value: it may be a secret. */
export async function webhookProblems(options: WebhookOptions): Promise<Problem[]> {
  return [
    ...urlProblems(options),
    ...keyProblems(options.secret),
    ...headersProblems(options.headers, authorizedBy(options)),
    ...feishuProblems(options),
    ...tlsProblems(options),
    ...(await transformProblems(options)),
  ]
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

/** The user in the url makes an Authorization header, too. */
function authorizedBy({ url }: WebhookOptions): string | undefined {
  const { username, password } = URL.parse(url) ?? {}
  return username || password ? 'the user in url' : undefined
}

function feishuProblems(options: WebhookOptions): Problem[] {
  if (options.format === undefined || options.format === 'feishu') return []
  return (['verification_token', 'encrypt_key'] as const)
    .filter((path) => options[path] !== undefined)
    .map((path) => ({ path, message: `goes with format feishu only, not with ${options.format}` }))
}
