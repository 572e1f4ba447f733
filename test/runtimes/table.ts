import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'
import { cellOf, tableText } from '../table.ts'

/** Prints, below whatever else is reported, what ran where. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const columns = modules.flatMap((module) =>
      module.moduleId.endsWith('runtimes.test.ts') ? [...module.children.suites()] : [],
    )
    const rows = new Set(columns.flatMap((column) => testsOf(column).map(({ name }) => name)))
    const lines = [...rows].map((row) => [row, ...columns.map((column) => cellIn(column, row))])
    process.stdout.write(
      tableText([['', ...columns.map(({ name }) => name.split(':')[0] ?? name)], ...lines]),
    )
  }
}

function testsOf(column: TestSuite): TestCase[] {
  return [...column.children.tests()]
}

/** What only the command line has is asked where there is one. */
function cellIn(column: TestSuite, row: string): string {
  const test = testsOf(column).find(({ name }) => name === row)
  return test ? cellOf(test) : '–'
}
