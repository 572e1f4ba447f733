const TOKENS = /"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[[\]{}:,]|[^\s"[\]{}:,]+/g

/** The lines of a JSON text, indented; its strings and its numbers stay to the letter, which parsing would not keep. */
export function indentJson(json: string): string[] {
  const lines: string[] = []
  let line = ''
  let depth = 0
  const endLine = () => {
    lines.push(line)
    line = '  '.repeat(depth)
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
