import { html } from 'hono/html'
import { type Html, nothing } from '../html.ts'
import type { Words } from '../language.ts'
import { href, param, type Visit, wordsOf } from '../visit.ts'

const words: Words<{ readonly older: string; readonly newest: string; readonly name: string }> = {
  en: { older: 'Older', newest: 'Newest', name: 'More of the list' },
  zh: { older: '更早', newest: '最新', name: '列表翻页' },
}

/** From one page of a list to the next: `next` is its cursor, null at the end. Other parameters stay. */
export function pageLinks(visit: Visit, path: string, next: string | null): Html {
  const w = wordsOf(visit, words)
  const { lang, cursor, done, count, more, ...params } = visit.c.req.query()
  const isDeep = param(visit, 'cursor') !== undefined
  if (next === null && !isDeep) return nothing
  return html`<nav class="pages" aria-label="${w.name}">
${isDeep ? html`<a href="${href(path, params)}" rel="first">${w.newest}</a>` : nothing}
${next === null ? nothing : html`<a href="${href(path, { ...params, cursor: next })}" rel="next">${w.older}</a>`}
</nav>`
}
