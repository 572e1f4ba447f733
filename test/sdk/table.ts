import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { cellOf, tableText } from '../table.ts'

const COLUMNS = ['callback', 'long connection']

/** Prints, below whatever else is reported, what ran by which transport. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) =>
      module.moduleId.endsWith('sdk.test.ts') ? [...module.children.allTests()] : [],
    )
    const rows = Map.groupBy(cases, ({ name }) => name.split(', ')[0] ?? name)
    const lines = [...rows].map(([row, tests]) => [row, ...cellsOf(tests)])
    process.stdout.write(tableText([['', ...COLUMNS], ...lines]))
  }
}

function cellsOf(tests: readonly TestCase[]): string[] {
  return COLUMNS.map((column) => cellOf(tests.find(({ name }) => name.split(/, |:/)[1] === column)))
}
