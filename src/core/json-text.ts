// For those who edit a JSON text without writing it anew: its long numbers and its blanks stay as they are.

/** One past the end of the string literal that begins at `start`. The text must be valid JSON. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text[quote - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

/** What a string literal says. Parsing is for the few that need it: it would take longer than all the rest. */
export function stringOf(literal: string): string {
  return literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1)
}

/** Where the next thing that is no blank begins. */
export function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}

/** One past the end of the value that begins at `start`. */
export function endOfValue(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  return first === '{' || first === '[' ? endOfBrackets(text, start) : endOfWord(text, start)
}

function endOfBrackets(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return text.length
}

/** Of a number, `true`, `false` or `null`. */
function endOfWord(text: string, start: number): number {
  let end = start
  while (end < text.length && !/[\s,}\]]/.test(text.charAt(end))) end++
  return end
}
