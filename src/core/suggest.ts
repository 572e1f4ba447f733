/**
 * The known name that was probably meant, or undefined. Capitals, `-` and `_` count for nothing. One letter in three may
 * be wrong, and no more than `most` of them.
 */
export function closest(
  written: string,
  known: readonly string[],
  most = Number.POSITIVE_INFINITY,
): string | undefined {
  const wanted = plain(written)
  let fewest = Math.min(Math.floor(wanted.length / 3), most) + 1
  let best: string | undefined
  for (const name of known) {
    const candidate = plain(name)
    if (Math.abs(candidate.length - wanted.length) >= fewest) continue
    const edits = editDistance(wanted, candidate, fewest)
    if (edits < fewest) [best, fewest] = [name, edits]
  }
  return best
}

/** ` did you mean "x"?` after what is wrong, or nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const name = closest(written, known)
  return name === undefined ? '' : `; did you mean "${name}"?`
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/**
 * Letters to insert, delete, replace or swap with their neighbour (optimal string alignment); from `limit` on, just some
 * number that is no smaller. Looks only at the cells so near to the diagonal that the result can be below it.
 */
function editDistance(a: string, b: string, limit: number): number {
  const width = b.length + 1
  let beforeLast = Array<number>(width).fill(limit)
  let last = Array.from(beforeLast.keys())
  let current = Array<number>(width).fill(limit)
  let fewestInLast = 0
  for (let row = 1; row <= a.length; row++) {
    const from = Math.max(1, row - limit + 1)
    const to = Math.min(b.length, row + limit - 1)
    let fewest = from === 1 ? row : limit
    current[from - 1] = fewest
    for (let column = from; column <= to; column++) {
      const replaced = (last[column - 1] ?? limit) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const swapped = isSwap(a, row, b, column) ? (beforeLast[column - 2] ?? limit) + 1 : limit
      const deleted = (last[column] ?? limit) + 1
      const inserted = (current[column - 1] ?? limit) + 1
      const edits = Math.min(replaced, swapped, deleted, inserted)
      current[column] = edits
      fewest = Math.min(fewest, edits)
    }
    if (Math.min(fewest, fewestInLast) >= limit) return limit
    fewestInLast = fewest
    const spare = beforeLast
    beforeLast = last
    last = current
    current = spare
  }
  return last[b.length] ?? limit
}

/** A character before the first is not asked for: V8 looks it up slowly. */
function isSwap(a: string, row: number, b: string, column: number): boolean {
  if (row < 2 || column < 2) return false
  return a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
}
