import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongFirst } from './test/sequencer.ts'

// Most of a short process's work is to read its modules: its threads and its children read them once for all.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'lark-fanout-test-modules')

export default defineConfig({
  test: {
    // Most tests wait for processes of their own.
    maxWorkers: 4,
    // The tests leave nothing behind in their process: a new one for each file takes a tenth of the time.
    isolate: false,
    sequence: { sequencer: LongFirst },
    // Far more than any takes: a machine that does ten things at once takes ten times as long.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        // Edge platforms make no code from strings: the core is tested where Node makes none either.
        extends: true,
        test: {
          name: 'core',
          include: ['test/core/**/*.test.ts'],
          execArgv: ['--disallow-code-generation-from-strings'],
        },
      },
      {
        extends: true,
        test: {
          name: 'all else',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/core/**', 'test/sdk/**'],
        },
      },
      {
        // `npm run test:sdk` runs these alone.
        extends: true,
        test: { name: 'sdk', include: ['test/sdk/**/*.test.ts'] },
      },
    ],
  },
  resolve: {
    // Plugins import the gateway by its name, and must get the one under test.
    alias: { 'lark-fanout': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
})
