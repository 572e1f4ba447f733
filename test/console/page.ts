/** What stands in the body of the n-th table of a page, row by row, without its markup. */
export function rowsOf(text: string, n = 0): readonly string[] {
  const body = [...text.matchAll(/<tbody>(.*?)<\/tbody>/gs)][n]?.[1] ?? ''
  const rows = body.split('</tr>').slice(0, -1)
  return rows.map((row) =>
    row
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
}

/** Where the links of a page lead to that say this. */
export function linksOf(text: string, said: string): readonly string[] {
  return [...text.matchAll(/<a [^>]*?href="([^"]+)"[^>]*>([^<]*)</g)]
    .filter(([, , inner]) => inner === said)
    .map(([, to = '']) => to.replaceAll('&amp;', '&'))
}
