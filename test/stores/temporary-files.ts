import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder for the files of one test file, gone at its end. */
export function temporaryFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'lark-fanout-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let made = 0
  return { folder, fresh: () => join(folder, `${made++}.db`) }
}
