import * as T from '@sinclair/typebox'
import type { Problem } from '../core/errors.ts'

const pem =
  'PEM text, or the path of a PEM file beside routes.yaml, read when the sink opens: a changed file takes effect at the next start.'

/** Whom to trust and who to be, on TLS connections. */
export const certificateOptions = {
  ca: T.Optional(
    T.String({
      description: `Whom to trust in place of the system: ${pem}`,
      examples: ['./certs/ca.pem'],
    }),
  ),
  cert: T.Optional(
    T.String({
      description: `The client certificate: ${pem}`,
      examples: ['./certs/client.pem'],
    }),
  ),
  key: T.Optional(
    T.String({
      secret: true,
      description: `Its private key: ${pem}`,
      examples: ['./certs/client.key'],
    }),
  ),
}

/** What their schema cannot say: a certificate and its key come together. */
export function pairProblems(
  path: string,
  { cert, key }: { readonly cert?: string; readonly key?: string },
): Problem[] {
  if ((cert === undefined) === (key === undefined)) return []
  const [there, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key']
  return [{ path: `${path}.${missing}`, message: `is required with ${there}` }]
}
