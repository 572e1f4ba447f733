/** Text that is compared whatever its case. Deals only in strings, so that prefixes and suffixes share it. */
interface CaselessText {
  equals(text: string): boolean
  startsWith(text: string): boolean
  endsWith(text: string): boolean
}

/**
 * Each character stands for its own lower and upper case, which may be longer than it: `ß` is `ß` or `SS`. Neither of
 * the two ever begins or ends with the other, so that one pass without a way back finds every match.
 */
export function caseless(wanted: string): CaselessText {
  const forms = Array.from(wanted, (char) => [char.toLowerCase(), char.toUpperCase()] as const)
  const backwards = forms.toReversed()

  const endOfHead = (text: string): number => {
    let at = 0
    for (const [lower, upper] of forms) {
      if (text.startsWith(lower, at)) at += lower.length
      else if (text.startsWith(upper, at)) at += upper.length
      else return -1
    }
    return at
  }
  const startOfTail = (text: string): number => {
    let at = text.length
    for (const [lower, upper] of backwards) {
      if (text.endsWith(lower, at)) at -= lower.length
      else if (text.endsWith(upper, at)) at -= upper.length
      else return -1
    }
    return at
  }
  return {
    equals: (text) => endOfHead(text) === text.length,
    startsWith: (text) => endOfHead(text) !== -1,
    endsWith: (text) => startOfTail(text) !== -1,
  }
}

/** Texts that are equal whatever their case fold to the same text; the reverse is not promised. */
export function fold(text: string): string {
  let folded = ''
  for (const char of text) folded += char.toLowerCase().toUpperCase().toLowerCase()
  return folded
}
