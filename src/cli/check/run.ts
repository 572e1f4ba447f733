import { readEnvironment } from '../../hosts/environment.ts'
import { type ConfigFile, type ReadOptions, readConfigFile } from '../../hosts/node-config.ts'
import { type Arguments, configFile, fileAndEnv, flag, UsageError } from '../command.ts'
import { checkFiles } from './files.ts'

/** Resolves to the exit code. */
export async function runCheck(args: Arguments): Promise<number> {
  const json = flag(args, 'json') ?? false
  const isLive = flag(args, 'live') ?? false
  if (json && !isLive) throw new UsageError('--json goes with --live')
  const { file: name, env } = fileAndEnv(args)
  const hasEnv = flag(args, 'env') ?? true
  if (!hasEnv && isLive) throw new UsageError('--live needs the environment')
  const file = await readConfigFile(hasEnv ? { file: name, env } : withoutEnv(name))
  if (hasEnv) await checkFiles(file)
  const output = json ? process.stderr : process.stdout
  if (file.warnings) output.write(`${file.warnings}\n\n`)
  if (!json) process.stdout.write(`${nameOf(file, args)} is in order: ${countsOf(file)}\n`)
  if (!isLive) return 0
  // Opening sinks takes more than checking a file, most of which is done without.
  return (await import('./run-live.ts')).runLive(file, readEnvironment(env), json)
}

function withoutEnv(file: string): ReadOptions {
  return { file, env: {}, mayLack: 'all' }
}

function nameOf({ teamFiles }: ConfigFile, args: Arguments): string {
  const name = configFile(args)
  return teamFiles.length === 0
    ? name
    : `${name} with ${count(teamFiles.length, 'file')} in routes.d`
}

function countsOf({ config: { sources, sinks, routes } }: ConfigFile): string {
  const counts = [
    count(sources.length, 'source'),
    count(sinks.length, 'sink'),
    count(routes.length, 'route'),
  ]
  return counts.join(', ')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
