import type { TestCase } from 'vitest/node'

/** Lines whose cells stand below each other. The first row has the columns' names. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
      .join('')
      .trimEnd(),
  )
  return `\n${lines.join('\n')}\n\n`
}

/** What became of a test, and how long it took. */
export function cellOf(test: TestCase | undefined): string {
  if (!test) return 'not run'
  const { state } = test.result()
  return state === 'skipped' ? state : `${state} ${durationText(test.diagnostic()?.duration ?? 0)}`
}

function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
