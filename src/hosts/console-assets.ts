import { readdirSync, readFileSync } from 'node:fs'
import type { Assets } from '../console/context.ts'

const FOLDER = new URL('../console/assets/', import.meta.url)

/** The console's style sheets and scripts, as they stand beside its code. */
export function readConsoleAssets(): Assets {
  const names = readdirSync(FOLDER)
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]),
  )
}
