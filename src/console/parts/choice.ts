import { html } from 'hono/html'
import type { Html } from '../html.ts'

/** One of a few values, or `any`; one that is not among them may have been one before. */
export function choice(
  label: string,
  name: string,
  known: readonly (readonly [value: string, text: string])[],
  { chosen, any }: { readonly chosen: string | undefined; readonly any: string },
): Html {
  const isKnown = chosen === undefined || known.some(([value]) => value === chosen)
  const options = isKnown ? known : [...known, [chosen, chosen] as const]
  return html`<label>${label}<select name="${name}"><option value="">${any}</option>
${options.map(([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${text}</option>`)}
</select></label>`
}
