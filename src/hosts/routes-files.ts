import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { TextFile } from '../config/text/files.ts'
import { ConfigError, messageOf } from '../core/errors.ts'

/** Told of a file, or a folder, before it is read. */
export type Reading = (path: string) => Promise<void>

const TEAMS = 'routes.d'

/** routes.yaml, then the teams' files in routes.d beside it, by name. Throws ConfigError with all that cannot be read. */
export async function readRoutesFiles(file: string, reading: Reading): Promise<TextFile[]> {
  const teams = join(dirname(file), TEAMS)
  const names = await namesIn(teams, reading)
  const found = await Promise.allSettled([
    readText(file, basename(file), reading),
    ...names.map((name) => readTeam(join(teams, name), `${TEAMS}/${name}`, reading)),
  ])
  const problems = found.flatMap((one) => (one.status === 'rejected' ? [one.reason.message] : []))
  if (problems.length > 0) {
    throw new ConfigError(problems.map((message) => ({ path: '', message })))
  }
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** Whether a file in routes.d is a team's: neither hidden nor a test of one. */
export function isTeamFile(name: string): boolean {
  return /^[^.].*\.ya?ml$/i.test(name) && !/\.test\.ya?ml$/.test(name)
}

async function namesIn(folder: string, reading: Reading): Promise<string[]> {
  await reading(folder)
  try {
    return (await readdir(folder)).filter(isTeamFile).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new ConfigError([{ path: '', message: `cannot read ${folder}: ${messageOf(error)}` }])
  }
}

/** A pipe there would be waited for without end. The main file may be one: `--config <(…)`. */
async function readTeam(file: string, name: string, reading: Reading): Promise<TextFile> {
  const found = await stat(file).catch(() => undefined)
  if (!found || found.isFile() || found.isDirectory()) return readText(file, name, reading)
  throw new Error(`cannot read ${file}: it is no regular file`)
}

async function readText(file: string, name: string, reading: Reading): Promise<TextFile> {
  await reading(file)
  try {
    return { name, text: await readFile(file, 'utf8') }
  } catch (error) {
    throw new Error(`cannot read ${file}: ${messageOf(error)}`)
  }
}
