import { html } from 'hono/html'
import type { Html } from '../html.ts'
import type { Language } from '../language.ts'

/** A moment, in UTC; live.js writes it in the reader's own time. Given in Unix milliseconds, or as the API has it. */
export function moment(time: number | string | null): Html {
  if (time === null) return html`<span class="faint">–</span>`
  const iso = new Date(time).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** How long something takes, or how old it is: `3 min`, `3分钟`. */
export function span(durationMs: number, language: Language): string {
  const seconds = durationMs / 1000
  if (seconds < 1) return format(language, 'millisecond', Math.round(durationMs))
  const [unit, size] = UNITS.find(([, one]) => seconds >= one) ?? ['second', 1]
  return format(language, unit, Math.floor(seconds / size))
}

function format(language: Language, unit: string, value: number): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(
    value,
  )
}

/** Made once: to make one takes 0.1 ms, and a page writes a hundred numbers. */
const NUMBERS: Readonly<Record<Language, Intl.NumberFormat>> = {
  en: new Intl.NumberFormat('en'),
  zh: new Intl.NumberFormat('zh'),
}

export function number(value: number, language: Language): string {
  return NUMBERS[language].format(value)
}

/** `99.9%`, and 100% only where nothing is missing. */
export function percent(part: number, whole: number, language: Language): string {
  if (whole === 0) return '–'
  const share = part === whole ? 1 : Math.min(0.999, part / whole)
  const options = { style: 'percent', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(language, options).format(share)
}
