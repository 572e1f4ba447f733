/** Where the next page begins, as the text that a page's `next` is. */
export function cursorAt(position: number | null): string | null {
  return position === null ? null : String(position)
}

/** What `cursorAt` was given; null for the first page. Throws RangeError for what no page has ever said. */
export function positionOf(cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  if (!/^\d{1,15}$/.test(cursor)) throw new RangeError('cursor: must be the `next` of a page')
  return Number(cursor)
}

/** The `seq` of a row, where its `ref` or `id` looks like one. */
export function seqOf(ref: string): number | null {
  return /^[1-9]\d{0,14}$/.test(ref) ? Number(ref) : null
}

/** Those of several, each once. */
export function seqsOfRefs(refs: readonly string[]): readonly number[] {
  return [...new Set(refs.flatMap((ref) => seqOf(ref) ?? []))]
}
