import { area, curveMonotoneX, line } from 'd3-shape'
import { html } from 'hono/html'
import type { Html } from '../html.ts'

export interface Series {
  /** Names its colour in the style sheet. */
  readonly kind: 'good' | 'bad' | 'plain'
  /** One for each minute, the oldest first; null where it is not known. */
  readonly values: readonly (number | null)[]
}

const SIZE = { chart: { width: 600, height: 120 }, spark: { width: 120, height: 28 } }

/** Curves over the last hour, drawn by the server. `label` says in words what they show. */
export function chart(size: keyof typeof SIZE, series: readonly Series[], label: string): Html {
  const { width, height } = SIZE[size]
  const top = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
  return html`<svg class="${size}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}">
  ${series.filter(isShown).map((one) => curve(one, { width, height, top }))}
</svg>`
}

/** Failures that there were not are no line. */
function isShown({ kind, values }: Series): boolean {
  return kind !== 'bad' || values.some((value) => value)
}

interface Scale {
  readonly width: number
  readonly height: number
  /** The value at the upper edge. */
  readonly top: number
}

function curve({ kind, values }: Series, { width, height, top }: Scale): Html {
  const x = (_: number | null, i: number) => (i / Math.max(1, values.length - 1)) * width
  const y = (value: number | null) => height - 1 - ((value ?? 0) / top) * (height - 3)
  const isKnown = (value: number | null) => value !== null
  const shape = { x, y, defined: isKnown }
  const fill = area<number | null>(shape.x, height, shape.y).defined(isKnown).curve(curveMonotoneX)
  const stroke = line<number | null>(shape.x, shape.y).defined(isKnown).curve(curveMonotoneX)
  const alone = values.map((value, i) => (isAlone(values, i) ? dash(x(value, i), y(value)) : ''))
  const path = (stroke(values) ?? '') + alone.join('')
  return html`<path class="fill ${kind}" d="${fill(values) ?? ''}"/><path class="stroke ${kind}" d="${path}"/>`
}

/** A value that is known between two that are not would be no line at all. */
function isAlone(values: Series['values'], i: number): boolean {
  const isKnown = (at: number) => (values[at] ?? null) !== null
  return isKnown(i) && !isKnown(i - 1) && !isKnown(i + 1)
}

const DASH = 8

function dash(x: number, y: number): string {
  return `M${Math.max(0, x - DASH)},${y}h${DASH}`
}
