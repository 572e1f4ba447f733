import { html } from 'hono/html'
import type { Html } from '../html.ts'
import { type Figures, table } from './table.ts'

export type Cell = Html | string

/** A head whose cells are told apart: `name` says what a row is of, `curve` is left out where there is no room for it, `short` stays on a line. */
export interface Special {
  readonly head: string
  readonly kind: 'name' | 'curve' | 'wide' | 'short'
}

export type Column = string | Figures | Special

/** A table of which each row is a card on a narrow screen, every cell beside its head. */
export function cards(
  label: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): Html {
  const heads = columns.map((column) =>
    typeof column === 'object' && 'kind' in column ? column.head : column,
  )
  const shown = rows.map(
    (cells) => html`<tr>${cells.map((cell, at) => cellOf(columns[at] ?? '', cell))}</tr>`,
  )
  return html`<div class="cards">${table(label, heads, shown)}</div>`
}

function cellOf(column: Column, cell: Cell): Html {
  if (typeof column === 'string') return html`<td data-label="${column}">${cell}</td>`
  if ('figures' in column)
    return html`<td class="number" data-label="${column.figures}">${cell}</td>`
  const { head, kind } = column
  return kind === 'name'
    ? html`<th scope="row">${cell}</th>`
    : html`<td class="${kind}" data-label="${head}">${cell}</td>`
}
