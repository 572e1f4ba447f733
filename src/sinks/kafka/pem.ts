import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../../core/errors.ts'

/** What an option that takes PEM text or the name of a file stands for. Throws ConfigError, which says `path`. */
export function readPem(folder: string, value: string, path: string): string {
  if (value.includes('-----BEGIN')) return value
  try {
    return readFileSync(resolve(folder, value), 'utf8')
  } catch {
    // Without the value: a key pasted in another form must not be shown.
    const message = 'is neither PEM text nor a readable file; a relative path is beside routes.yaml'
    throw new ConfigError([{ path, message }])
  }
}
