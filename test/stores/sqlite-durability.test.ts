import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/stores/sqlite-node.ts'
import { restartLaws } from '../suites/restart.ts'
import { expectAcknowledged, idsOf } from './acknowledged.ts'
import { T } from './samples.ts'
import { temporaryFiles } from './temporary-files.ts'

const files = temporaryFiles()
const childFile = fileURLToPath(new URL('./load-child.ts', import.meta.url))

restartLaws('SQLite', () => {
  const file = files.fresh()
  return (now) => openSqliteStore({ file, now: () => now })
})

describe('kill -9', () => {
  /** Runs the load on a file until it has printed so many lines, kills it, and gives all that it printed. */
  async function killMidLoad(file: string, lines: number): Promise<string[]> {
    const child: ChildProcess = spawn(process.execPath, [childFile, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    const printed: string[] = []
    if (!child.stdout) throw new Error('no stdout')
    for await (const line of createInterface(child.stdout)) {
      if (printed.push(line) === lines) child.kill('SIGKILL')
    }
    await closed
    return printed
  }

  test('what was acknowledged is all there, whole, and its lock is free', async () => {
    const file = files.fresh()
    const printed = await killMidLoad(file, 900)
    expect(idsOf(printed, 'accepted').length).toBeGreaterThan(300)
    expect(idsOf(printed, 'settled').length).toBeGreaterThan(100)
    const store = await openSqliteStore({ file, now: () => T })
    await expectAcknowledged(store, printed)
    await store.close()
  })
})
