/** What a rate looks like: a whole number, a second or a minute. */
export const RATE_PATTERN = '^[1-9][0-9]{0,6}/[sm]$'

/** `100/s` or `600/m` as a number a second; undefined for any other text. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit] = /^([1-9][0-9]{0,6})\/([sm])$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) / (unit === 'm' ? 60 : 1)
}
