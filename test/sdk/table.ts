import type { Reporter, TestCase, TestModule } from 'vitest/node'

const COLUMNS = ['callback', 'long connection']

/** Prints, below whatever else is reported, what ran by which transport. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) =>
      module.moduleId.endsWith('sdk.test.ts') ? [...module.children.allTests()] : [],
    )
    const rows = Map.groupBy(cases, ({ name }) => name.split(', ')[0] ?? name)
    const width = Math.max(...[...rows.keys()].map((row) => row.length)) + 2
    const lines = [['', ...COLUMNS], ...[...rows].map(([row, tests]) => [row, ...cellsOf(tests)])]
    const text = lines.map(([row = '', ...cells]) => {
      return (
        row.padEnd(width) +
        cells
          .map((cell) => cell.padEnd(18))
          .join('')
          .trimEnd()
      )
    })
    process.stdout.write(`\n${text.join('\n')}\n\n`)
  }
}

function cellsOf(tests: readonly TestCase[]): string[] {
  return COLUMNS.map((column) => {
    const test = tests.find(({ name }) => name.split(/, |:/)[1] === column)
    if (!test) return 'not run'
    const { state } = test.result()
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1)
    return state === 'skipped' ? state : `${state} ${seconds} s`
  })
}
