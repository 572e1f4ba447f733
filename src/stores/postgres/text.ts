/**
 * Postgres keeps every text but those with U+0000 or half of a surrogate pair, which JSON has no trouble with: these
 * are written as JSON would escape them, after a backslash that says so. All others are stored as they are, but for
 * those that begin with a backslash themselves.
 */
export function toText(text: string): string {
  const isPlain = !text.includes('\u0000') && text.isWellFormed() && !text.startsWith('\\')
  return isPlain ? text : `\\${text.replace(ESCAPED, written)}`
}

/** What `toText` was given. */
export function fromText(text: string): string {
  return text.startsWith('\\') ? text.slice(1).replace(ESCAPE, read) : text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is this one that cannot be kept
const ESCAPED = /[\u0000\\]|\p{Surrogate}/gu
const ESCAPE = /\\(?:\\|u([0-9a-f]{4}))/g

function written(character: string): string {
  if (character === '\\') return '\\\\'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function read(_: string, code: string | undefined): string {
  return code === undefined ? '\\' : String.fromCharCode(Number.parseInt(code, 16))
}
