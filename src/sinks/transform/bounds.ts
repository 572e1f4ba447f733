import { LimitError, type Meter, MOST_CHARACTERS, MOST_ITEMS } from './meter.ts'

type Bound = (meter: Meter, values: readonly unknown[]) => void

/** What functions of JSONata's must not be asked for, where the size of what they are given does not tell. */
export const bounds: Readonly<Record<string, Bound>> = {
  pad(_, [, width, filler]) {
    const longest = typeof filler === 'string' && filler.length > 1 ? LONGEST_TEXT : MOST_CHARACTERS
    const each = typeof filler === 'string' ? Math.max(filler.length, 1) : 1
    if (Math.abs(Number(width)) * each > longest) throw tooLarge('$pad')
  },
  join(_, [list, separator]) {
    const between = typeof separator === 'string' ? separator.length : 0
    if (Array.isArray(list) && list.length * between > MOST_CHARACTERS) throw tooLarge('$join')
  },
  sort(_, [list]) {
    if (Array.isArray(list) && list.length > MOST_ITEMS) throw tooLarge('$sort')
  },
  replace(meter, [text, pattern, replacement]) {
    if (typeof text !== 'string' || typeof pattern !== 'string' || pattern === '') return
    let count = 0
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length)) {
      meter.spend(1 / 2)
      count++
    }
    if (count * String(replacement).length > MOST_CHARACTERS) throw tooLarge('$replace')
  },
  trim: (_, [text]) => checkText(text, '$trim'),
  number: (_, [text]) => checkText(text, '$number'),
  lowercase: (_, [text]) => checkText(text, '$lowercase'),
  uppercase: (_, [text]) => checkText(text, '$uppercase'),
  encodeUrl: (_, [text]) => checkText(text, '$encodeUrl'),
  encodeUrlComponent: (_, [text]) => checkText(text, '$encodeUrlComponent'),
  decodeUrl: (_, [text]) => checkText(text, '$decodeUrl'),
  decodeUrlComponent: (_, [text]) => checkText(text, '$decodeUrlComponent'),
  formatNumber(meter, [, picture, options]) {
    checkPicture(meter, picture)
    const signs = Object.values(options ?? {})
    if (!signs.every((sign) => typeof sign === 'string' && sign !== '')) {
      throw new LimitError('gives $formatNumber an option that is no text, or empty')
    }
  },
  formatInteger: (meter, [, picture]) => checkPicture(meter, picture),
  parseInteger(meter, [text, picture]) {
    checkPicture(meter, picture)
    checkText(text, '$parseInteger', LONGEST_NUMBER)
    meter.spend(String(text).length / CHARACTERS_A_STEP)
  },
  fromMillis: (meter, [, picture]) => checkPicture(meter, picture),
  toMillis(meter, [time, picture]) {
    if (picture === undefined) return
    checkPicture(meter, picture)
    checkParsing(String(time), String(picture))
    meter.spend(PARSE_STEPS)
  },
}

function tooLarge(name: string): LimitError {
  return new LimitError(`asks ${name} for something that is too large`)
}

/** What is gone through in one go, while everybody else waits. */
const LONGEST_TEXT = 131_072
const LONGEST_NUMBER = 1_024

function checkText(text: unknown, name: string, longest = LONGEST_TEXT): void {
  if (typeof text === 'string' && text.length > longest) throw tooLarge(name)
}

const LONGEST_PICTURE = 128

/** Of a picture, which is read anew each time, and of a number in words. */
const CHARACTERS_A_STEP = 8

/** How a number or a time is written. The width of a time's part, `[Y,4-4]`, says how much is padded. */
function checkPicture(meter: Meter, picture: unknown): void {
  if (typeof picture !== 'string') return
  meter.spend(picture.length / CHARACTERS_A_STEP)
  if (picture.length > LONGEST_PICTURE || /\[[^\]]*,[^\]]*\d{3}/.test(picture)) {
    throw new LimitError('has a picture of a number or a time that is too long or too wide')
  }
}

const LONGEST_TIME = 48
const PARSE_STEPS = 200

/**
 * JSONata makes a regular expression of the picture, which backtracks: where one part may end and the next begin must be
 * plain. So each part stands there once and is digits or a name, and no digits stand between them.
 */
function checkParsing(time: string, picture: string): void {
  const markers = [...picture.matchAll(/\[\s*(.)([^\]]*)\]/gs)]
  const parts = markers.map(([, part = '']) => part)
  const isPlain =
    time.length <= LONGEST_TIME &&
    new Set(parts).size === parts.length &&
    parts.every((part) => 'YMDdFHhPmsfZz'.includes(part)) &&
    markers.every(([, , form = '']) => !/[aiw]/i.test(form)) &&
    !/\d/.test(picture.replaceAll(/\[[^\]]*\]/g, ''))
  if (isPlain) return
  throw new LimitError(
    'asks $toMillis for what it does not do here: each part once, as digits or a name, with no digits between them',
  )
}
