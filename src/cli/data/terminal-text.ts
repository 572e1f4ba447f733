import { printable } from '../../core/printable.ts'

/** A JSON text on one line, which no terminal obeys. */
export function jsonLine(json: string): string {
  return printable(json.replaceAll(/\s/g, (blank) => (blank < ' ' ? ' ' : blank)))
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NARROW = /\p{M}/u

/** How many columns of a terminal a text takes: a Chinese character has two, an accent of its own none. */
export function widthOf(text: string): number {
  let width = 0
  for (const letter of text) width += columnsOf(letter)
  return width
}

function columnsOf(letter: string): number {
  if (letter < '\u0300') return 1
  if (NARROW.test(letter)) return 0
  return WIDE.test(letter) ? 2 : 1
}

/** The text's beginning, with an ellipsis where it is longer than so many columns. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let width = 1
  let end = 0
  for (const letter of text) {
    width += columnsOf(letter)
    if (width > columns) break
    end += letter.length
  }
  return `${text.slice(0, end)}…`
}
