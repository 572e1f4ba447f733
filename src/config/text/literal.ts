import { isAddress, isLiteralAddress } from './address.ts'
import type { WrittenPlace } from './document.ts'
import { hasReference, isWords, literalIn, OUTSIDE } from './env.ts'

/** Whether a secret stands in the file itself, at least in part or as a default. */
export function isLiteral(place: WrittenPlace): boolean {
  const { source } = place
  if (!hasReference(source)) return source !== ''
  return isAddress(place) ? isLiteralAddress(source) : isWords(withoutNames(literalIn(source)))
}

const SCHEME = /^(whsec_|whsk_|[a-z]+ +)/i
const NAME = new RegExp(`\\w+=(?=${OUTSIDE})`, 'g')

/** Without what says of a secret how to read it, or what it is called: `Bearer …`, `session=…`. */
function withoutNames(text: string): string {
  return text.replace(SCHEME, '').replaceAll(NAME, '')
}
