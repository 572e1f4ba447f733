/** Whether a text tells what is hidden. */
export type Teller = (text: string) => boolean

/** Of an event that hides more than these, every text is taken to tell: each is looked for in each text. */
const MOST_VALUES = 500

/**
 * Looks for these values in texts, whoever has written them: in JSON or plain, in capitals or not, and with a beginning
 * of one where the text was cut.
 */
export function createTeller(values: Iterable<string>): Teller {
  const hidden = new Set<string>()
  for (const value of values) {
    const folded = fold(value)
    if (folded !== '') hidden.add(folded)
    if (hidden.size > MOST_VALUES) return () => true
  }
  const all = [...hidden]
  return (text) => {
    const folded = fold(text)
    const uncut = folded.replace(CUT, '')
    return all.some((value) => holds(folded, value) || endsWithin(uncut, value))
  }
}

/** The same for a text and for its JSON, and for JSON in JSON: without escapes, capitals, and blanks but one. */
function fold(text: string): string {
  return text
    .replace(/\\+u([\da-f]{4})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\\+[nrtf]/g, ' ')
    .replaceAll('\\', '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
}

/** What ends a text that was cut: dots, half an escape, half a character. */
const CUT = /(?:\.{3}|u[\da-f]{0,3}|\ufffd|[\ud800-\udbff])$/

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** A short value only where it stands alone: elsewhere it might be part of a word. A name in Chinese has two characters. */
function holds(text: string, value: string): boolean {
  const isShort = value.length < (CJK.test(value) ? 2 : 3)
  return isShort ? standsAlone(text, value) : text.includes(value)
}

function standsAlone(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    if (!isOfWord(text[at - 1]) && !isOfWord(text[at + value.length])) return true
  }
  return false
}

function isOfWord(character = ''): boolean {
  return /[\p{L}\p{N}_]/u.test(character)
}

/** Whether the text ends in the middle of the value. What is shorter gives little away. */
function endsWithin(text: string, value: string): boolean {
  const beginning = value.slice(0, CJK.test(value.slice(0, 2)) ? 2 : 4)
  if (beginning.length === value.length) return false
  for (let at = text.indexOf(beginning); at !== -1; at = text.indexOf(beginning, at + 1)) {
    if (value.startsWith(text.slice(at))) return true
  }
  return false
}
