import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most tests wait for processes of their own.
    maxWorkers: 4,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
  resolve: {
    // Plugins import the gateway by its name, and must get the one under test.
    alias: { 'lark-fanout': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
})
