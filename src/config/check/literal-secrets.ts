import { isAddress, secretsInAddress } from '../text/address.ts'
import type { Document, Place } from '../text/document.ts'
import { hasReference } from '../text/env.ts'
import type { Finding } from './finding.ts'

const message = `is a secret in the file itself, and so goes into the bundle: write \${VAR} in its place`

/** Secrets that are written out, where whoever has the file's bundle can read them. */
export function literalSecrets(secrets: readonly Place[], { places }: Document): Finding[] {
  const hidden = [...secrets.filter(isTelling), ...places.filter(isTellingAddress)]
  const written = hidden.filter(({ source }) => source !== '' && !hasReference(source))
  return [...new Set(written)].map(({ path }) => ({ path, message }))
}

const TELLING_HEADER = /auth|token|key|secret|cookie|password/i

/** All headers are masked, for any may be a secret. But most are not. */
function isTelling({ path: [section, , option, name = ''] }: Place): boolean {
  return section !== 'sinks' || option !== 'headers' || TELLING_HEADER.test(name)
}

/** With a user, a password or a query. */
function isTellingAddress(place: Place): boolean {
  const { source } = place
  return isAddress(place) && URL.canParse(source) && secretsInAddress(source).length > 0
}
