/** Stands for one hidden character, so that places in the line stay what they are until it is shown. */
const HIDDEN = '\uE000'

const CHARACTERS_BEFORE = 80
const CHARACTERS_AFTER = 100

/** The line around an offset and, beneath it, a caret. `hide` puts HIDDEN in place of what must not be shown. */
export function excerptOf(
  text: string,
  offset: number,
  hide: (line: string) => string = (shown) => shown,
): string {
  const head = text.slice(Math.max(0, offset - CHARACTERS_BEFORE), offset)
  const tail = text.slice(offset, offset + CHARACTERS_AFTER)
  const isCut = offset > CHARACTERS_BEFORE && !head.includes('\n')
  const before = (isCut ? '…' : '') + head.slice(head.lastIndexOf('\n') + 1)
  const after = tail.split(/\r?\n/, 1)[0] ?? ''
  const shown = hide(before + after)
  const more = after.length === CHARACTERS_AFTER ? '…' : ''
  const left = printable(shown.slice(0, before.length))
  return `${left}${printable(shown.slice(before.length))}${more}\n${blanksOf(left)}^`
}

/**
 * Hides all but a line's first key: for a line that could not be read, so that nobody knows which of its values are
 * secret.
 */
export function hideAllValues(line: string): string {
  const key = /^\s*(- +)*[\w.-]+:(?=\s|$)/.exec(line)?.[0] ?? ''
  return key + line.slice(key.length).replaceAll(/[^\s,:[\]{}"']/g, HIDDEN)
}

export function hideAll(text: string): string {
  return text.replaceAll(/[^\r\n]/g, HIDDEN)
}

/** However long a hidden value is, it shows as three stars. Control characters would be obeyed by a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that must go.
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\uFFFD').replaceAll(/\uE000+/g, '***')
}

/** As wide as the text on a terminal: tabs stay tabs, and a wide character is two columns. */
function blanksOf(text: string): string {
  return text
    .replaceAll(
      /[^\t\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g,
      ' ',
    )
    .replaceAll(/[^\t ]/g, '\u3000')
}
