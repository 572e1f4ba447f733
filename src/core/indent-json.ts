const TOKENS = /"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[[\]{}:,]|[^\s"[\]{}:,]+/g

/** A text of nothing but brackets would be gigabytes of blanks. */
const DEEPEST = 32

/**
 * The lines of a JSON text, indented, the first `most` of them; its strings and its numbers stay to the letter, which
 * parsing would not keep.
 */
export function indentJson(json: string, most = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = []
  let line = ''
  let depth = 0
  const endLine = () => {
    lines.push(line)
    line = '  '.repeat(Math.min(depth, DEEPEST))
  }
  for (const [token] of json.matchAll(TOKENS)) {
    if (lines.length >= most) return lines.slice(0, most)
    if (token === '}' || token === ']') {
      depth--
      endLine()
    }
    line += token === ':' ? ': ' : token
    if (token === '{' || token === '[') {
      depth++
      endLine()
    }
    if (token === ',') endLine()
  }
  return [...lines, line].slice(0, most)
}
