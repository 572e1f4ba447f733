import { givesAccess, isAddress } from '../text/address.ts'
import type { Document, Place } from '../text/document.ts'
import { isLiteral } from '../text/literal.ts'
import type { Finding } from './finding.ts'

const message = `is a secret in the file itself, and so goes into the bundle: write \${VAR} in its place`

/** Secrets that are written out, in part or as a default, where whoever has the file's bundle can read them. */
export function literalSecrets(secrets: readonly Place[], { places }: Document): Finding[] {
  const literal = [
    ...secrets.filter((place) => isTelling(place) && isLiteral(place)),
    ...places.filter((place) => isAddress(place) && givesAccess(place.source)),
  ]
  return [...new Set(literal)].map(({ path }) => ({ path, message }))
}

const TELLING_HEADER = /auth|token|key|secret|cookie|password/i

/** All headers are masked, for any may be a secret. But most are not. */
function isTelling({ path: [section, , option, name = ''] }: Place): boolean {
  return section !== 'sinks' || option !== 'headers' || TELLING_HEADER.test(name)
}
