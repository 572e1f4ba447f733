const TOKENS = /"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[[\]{}:,]|[^\s"[\]{}:,]+/g

/** A text of nothing but brackets would be gigabytes of blanks. */
const DEEPEST = 32

/** The lines of a JSON text, indented; its strings and its numbers stay to the letter, which parsing would not keep. */
export function indentJson(json: string): string[] {
  const lines: string[] = []
  let line = ''
  let depth = 0
  const endLine = () => {
    lines.push(line)
    line = '  '.repeat(Math.min(depth, DEEPEST))
  }
  for (const token of json.match(TOKENS) ?? []) {
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
  return [...lines, line]
}
