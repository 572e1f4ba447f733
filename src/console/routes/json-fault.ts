/** Where a text stops being JSON. */
export interface Fault {
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** That line, cut where it is long, and beneath it a caret. */
  readonly excerpt: string
}

/** Undefined where it is JSON: engines differ in what they say of what is not, and mostly name no place. */
export function faultIn(text: string): Fault | undefined {
  const at = faultAt(text)
  if (at === undefined) return undefined
  const before = text.slice(0, at).split('\n')
  const head = before.at(-1) ?? ''
  const shown = head.slice(-MOST_BEFORE)
  const after = (text.slice(at).split('\n', 1)[0] ?? '').slice(0, MOST_AFTER)
  return {
    line: before.length,
    column: head.length + 1,
    excerpt: `${shown}${after}\n${shown.replaceAll(/[^\t]/g, ' ')}^`,
  }
}

const MOST_BEFORE = 60
const MOST_AFTER = 60

const SCALAR =
  /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/uy

/** What may come next. */
type State = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'after value'

/** The offset of the first character that cannot be there; that of the end where something is missing. */
function faultAt(text: string): number | undefined {
  const open: ('{' | '[')[] = []
  let state: State = 'value'
  let at = skipBlanks(text, 0)
  while (at < text.length) {
    const character = text[at] ?? ''
    const next: State | undefined = step(state, character, open)
    if (next !== undefined) {
      state = next
      at++
    } else {
      const end = scalarEnd(text, at)
      const isKey: boolean = state === 'key' || state === 'key or end'
      const isWanted = isKey ? character === '"' : state === 'value' || state === 'value or end'
      if (!isWanted || end === undefined) return at
      state = isKey ? 'colon' : 'after value'
      at = end
    }
    at = skipBlanks(text, at)
  }
  return state === 'after value' && open.length === 0 ? undefined : text.length
}

/** What a bracket, a comma or a colon leads to; undefined where it may not stand, and of all else. */
function step(state: State, character: string, open: ('{' | '[')[]): State | undefined {
  const isValue = state === 'value' || state === 'value or end'
  if (isValue && (character === '{' || character === '[')) {
    open.push(character)
    return character === '{' ? 'key or end' : 'value or end'
  }
  if (state === 'colon') return character === ':' ? 'value' : undefined
  if (state === 'after value' && character === ',' && open.length > 0) {
    return open.at(-1) === '{' ? 'key' : 'value'
  }
  const closes = character === '}' ? 'key or end' : character === ']' ? 'value or end' : undefined
  const isOpen = open.at(-1) === (character === '}' ? '{' : '[')
  if (closes === undefined || !isOpen || (state !== closes && state !== 'after value')) return
  open.pop()
  return 'after value'
}

/** One past a string, a number, `true`, `false` or `null` that begins there. */
function scalarEnd(text: string, at: number): number | undefined {
  SCALAR.lastIndex = at
  return SCALAR.test(text) ? SCALAR.lastIndex : undefined
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (' \t\n\r'.includes(text[at] ?? 'x')) at++
  return at
}
