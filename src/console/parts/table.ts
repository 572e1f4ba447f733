import { html } from 'hono/html'
import type { Html } from '../html.ts'

/** The head of a column of figures, which stand to the right. */
export interface Figures {
  readonly figures: string
}

/** Rows under their heads, in a part that scrolls by itself where it is too wide. */
export function table(
  label: string,
  heads: readonly (string | Figures)[],
  rows: readonly Html[],
): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table>
<thead><tr>${heads.map(headOf)}</tr></thead>
<tbody>${rows}</tbody>
</table>
</div>`
}

function headOf(head: string | Figures): Html {
  return typeof head === 'string'
    ? html`<th scope="col">${head}</th>`
    : html`<th scope="col" class="number">${head.figures}</th>`
}

export function figures(head: string): Figures {
  return { figures: head }
}
