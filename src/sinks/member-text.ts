/**
 * The text of an object's member, to the letter; undefined without one. The text must be a JSON object. Of equal names
 * the last counts, as for JSON.parse.
 */
export function memberText(json: string, name: string): string | undefined {
  let found: string | undefined
  let depth = 0
  let key = ''
  let valueStart = 0
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '"') {
      const end = endOfString(json, at)
      if (depth === 1 && key === '') key = json.slice(at, end)
      at = end - 1
    } else if (character === '{' || character === '[') depth++
    else if (character === ':' && depth === 1) valueStart = at + 1
    else if (character === ',' || character === '}' || character === ']') {
      if (depth === 1 && key !== '') {
        if (JSON.parse(key) === name) found = json.slice(valueStart, at).trim()
        key = ''
      }
      if (character !== ',') depth--
    }
  }
  return found
}

/** Where the string literal that begins at `start` has ended. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}
