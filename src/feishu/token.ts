import { endOfString, skipSpace, stringOf } from '../core/json-text.ts'

/** Where a JSON text holds its verification token: v1 at the top, v2 in the header. */
function isTokenPath(depth: number, outerKey: string, key: string): boolean {
  return key === 'token' && (depth === 1 || (depth === 2 && outerKey === 'header'))
}

/** Start and end of each token's string literal, quotes included. */
function tokenSpans(text: string): [start: number, end: number][] {
  const spans: [number, number][] = []
  let depth = 0
  let outerKey = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === '"') {
      const end = endOfString(text, at)
      const colon = skipSpace(text, end)
      // In valid JSON a colon outside a string only ever follows a member's name.
      if (depth <= 2 && text[colon] === ':') {
        const key = stringOf(text.slice(at, end))
        if (depth === 1) outerKey = key
        const value = skipSpace(text, colon + 1)
        if (isTokenPath(depth, outerKey, key) && text[value] === '"') {
          spans.push([value, endOfString(text, value)])
        }
      }
      at = end - 1
    }
  }
  return spans
}

/**
 * Sets every verification token in an event's JSON text (which must be valid JSON), and leaves the rest to the letter.
 * Works on the text, not on the parsed object, because receivers may sign or compare what they get.
 */
export function setToken(text: string, token: string): string {
  let result = ''
  let copied = 0
  for (const [start, end] of tokenSpans(text)) {
    result += text.slice(copied, start) + JSON.stringify(token)
    copied = end
  }
  return result + text.slice(copied)
}
