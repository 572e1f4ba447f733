/** What a duration looks like: a whole number and its unit. */
export const DURATION_PATTERN = '^[0-9]+(ms|s|m|h|d)$'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `500ms`, `10s`, `5m`, `6h` or `7d` in milliseconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) ?? []
  const ms = Number(amount) * (unitMs[unit] ?? Number.NaN)
  return Number.isNaN(ms) ? undefined : ms
}
