import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { UsageError } from '../command.ts'
import { type Location, MADE, readWrangler, wranglerText } from './wrangler.ts'

/** Throws UsageError for a folder that is neither new nor made here before, for a worker of this name. */
export async function checkFolder(folder: string, name: string): Promise<void> {
  const names = await namesIn(folder)
  if (names.length === 0) return
  const text = await readFile(join(folder, 'wrangler.jsonc'), 'utf8').catch(() => '')
  if (!text.startsWith(MADE)) {
    throw new UsageError(`${folder} holds something else: name another folder with --out`)
  }
  const { name: before } = readWrangler(text)
  if (before === name) return
  throw new UsageError(
    `${folder} holds the worker ${before}, with its secrets: name another folder with --out`,
  )
}

/** What else is in the folder stays. */
export async function writeFolder(
  folder: string,
  name: string,
  script: string,
  location?: Location,
): Promise<void> {
  const files = {
    'wrangler.jsonc': wranglerText(name, location),
    'worker.js': script,
    // Here is .dev.vars, too.
    '.gitignore': '*\n',
  }
  await mkdir(folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw new UsageError(`cannot write to ${folder}: ${messageOf(error)}`)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
