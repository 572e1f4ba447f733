import { readdirSync, readFileSync } from 'node:fs'
import type { Assets } from '../console/context.ts'
import type { Pages } from './admin.ts'

const FOLDER = new URL('../console/assets/', import.meta.url)

/** The console's style sheets and scripts, as they stand beside its code. */
export function readConsoleAssets(): Assets {
  const names = readdirSync(FOLDER)
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]),
  )
}

/** The console is loaded only where it can be seen. */
export async function loadPages(): Promise<Pages> {
  const { serveConsole } = await import('../console/console.ts')
  return { serve: serveConsole, assets: readConsoleAssets() }
}
