/** The known name that was probably meant, or undefined. Capitals, `-` and `_` count for nothing. */
export function closest(written: string, known: readonly string[]): string | undefined {
  const wanted = plain(written)
  // One letter in three may be wrong, at most.
  let fewest = Math.floor(wanted.length / 3) + 1
  let best: string | undefined
  for (const name of known) {
    const candidate = plain(name)
    if (Math.abs(candidate.length - wanted.length) >= fewest) continue
    const edits = editDistance(wanted, candidate)
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

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? at(beforeLast, column - 2) + 1
          : Number.POSITIVE_INFINITY
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
