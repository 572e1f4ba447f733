/** Whether a number is in a range; `text` is the range for people. */
interface NumericRange {
  readonly text: string
  includes(value: number): boolean
}

const comparisons = new Map<unknown, (value: number, bound: number) => boolean>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
])

/** Reads `[">", 0, "<=", 5]`: one comparison, or a bottom and then a top. A string says what is wrong with it. */
export function parseNumeric(operand: unknown): NumericRange | string {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    return 'takes a list of a comparison and a number, or of two of each, as in [">", 0, "<=", 5]'
  }
  const [first, bottom, second, top]: readonly unknown[] = operand
  const one = comparison(first, bottom)
  if (typeof one === 'string' || operand.length === 2) return one
  const two = comparison(second, top)
  if (typeof two === 'string') return two
  if (!isOneOf(first, '>', '>=') || !isOneOf(second, '<', '<=')) {
    return 'a range is a bottom (> or >=) and then a top (< or <=)'
  }
  if (Number(bottom) >= Number(top)) return 'the bottom of a range must be below its top'
  return {
    text: `${one.text}, ${two.text}`,
    includes: (value: number) => one.includes(value) && two.includes(value),
  }
}

function comparison(sign: unknown, bound: unknown): NumericRange | string {
  const compare = comparisons.get(sign)
  if (compare === undefined) return 'a comparison is one of =, <, <=, > and >='
  if (typeof bound !== 'number' || !Number.isFinite(bound)) return `${sign} must precede a number`
  return {
    text: `${sign} ${bound}`,
    includes: (value: number) => Number.isFinite(value) && compare(value, bound),
  }
}

function isOneOf(sign: unknown, ...signs: readonly unknown[]): boolean {
  return signs.includes(sign)
}
