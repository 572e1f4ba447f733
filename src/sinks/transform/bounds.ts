import { LimitError, type Meter, MOST_CHARACTERS, MOST_ITEMS } from './meter.ts'

type Bound = (meter: Meter, values: readonly unknown[]) => void

/** What functions of JSONata's must not be asked for, where the size of what they are given does not tell. */
export const bounds: Readonly<Record<string, Bound>> = {
  pad(_, [, width]) {
    if (Math.abs(Number(width)) > MOST_CHARACTERS) throw tooLarge('$pad')
  },
  join(_, [list, separator]) {
    const between = typeof separator === 'string' ? separator.length : 0
    if (Array.isArray(list) && list.length * between > MOST_CHARACTERS) throw tooLarge('$join')
  },
  sort(meter, [list, comparator]) {
    if (!Array.isArray(list)) return
    if (list.length > MOST_ITEMS) throw tooLarge('$sort')
    // It copies what is left for each one that it takes.
    if (comparator !== undefined) meter.spend(list.length ** 2 / 1000)
  },
  formatNumber(_, [, picture, options]) {
    checkPicture(picture)
    const signs = Object.values(options ?? {})
    if (!signs.every((sign) => typeof sign === 'string' && sign !== '')) {
      throw new LimitError('gives $formatNumber an option that is no text, or empty')
    }
  },
  formatInteger: (_, [, picture]) => checkPicture(picture),
  parseInteger: (_, [, picture]) => checkPicture(picture),
  fromMillis: (_, [, picture]) => checkPicture(picture),
  toMillis(meter, [time, picture]) {
    if (picture === undefined) return
    checkPicture(picture)
    checkParsing(String(time), String(picture))
    meter.spend(PARSE_STEPS)
  },
}

function tooLarge(name: string): LimitError {
  return new LimitError(`asks ${name} for something that is too large`)
}

const LONGEST_PICTURE = 128

/** How a number or a time is written. The width of a time's part, `[Y,4-4]`, says how much is padded. */
function checkPicture(picture: unknown): void {
  if (typeof picture !== 'string') return
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
