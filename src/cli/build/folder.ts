import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../command.ts'
import { MADE } from './wrangler.ts'

/** Throws UsageError for a folder that is neither new nor made here before. */
export async function checkFolder(folder: string): Promise<void> {
  if (await isOurs(folder)) return
  throw new UsageError(`${folder} holds something else: name another folder with --out`)
}

/** What else is in the folder stays. */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

async function isOurs(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw new UsageError(`cannot write to ${folder}: ${error.message}`)
  })
  if (names.length === 0) return true
  const text = await readFile(join(folder, 'wrangler.jsonc'), 'utf8').catch(() => '')
  return text.startsWith(MADE)
}
