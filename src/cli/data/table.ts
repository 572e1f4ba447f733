import { printable } from '../../core/printable.ts'
import { cut, widthOf } from './terminal-text.ts'

export interface Table {
  /** The first rows bring the head. What is wider than all rows before it widens its column from there on. */
  add(rows: readonly (readonly string[])[]): void
}

interface Terminal {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Aligned columns, as wide as their contents; a terminal's lines are cut to its width. */
export function createTable(head: readonly string[], output: Terminal = process.stdout): Table {
  const widths = head.map(() => 0)
  const lineWidth = (output.isTTY && output.columns) || Number.POSITIVE_INFINITY
  let begun = false

  return {
    add(rows) {
      if (rows.length === 0) return
      const lines = [...(begun ? [] : [head]), ...rows].map((row) => row.map(printable))
      begun = true
      for (const row of lines) {
        for (const [column, cell] of row.entries()) {
          widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
        }
      }
      for (const row of lines) output.write(`${cut(align(row, widths), lineWidth)}\n`)
    },
  }
}

function align(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
  return cells.join('  ').trimEnd()
}
