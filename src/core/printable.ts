/** What moves a terminal's cursor, colours it, or turns the order of its letters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/** What comes from outside, on one line: what a terminal would obey is shown as `\u001b`, which JSON reads as the same. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, codeUnits)
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function codeUnits(found: string): string {
  const units = Array.from({ length: found.length }, (_, index) => found.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
