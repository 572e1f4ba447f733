import { spawnSync } from 'node:child_process'

/** Where promtool is; undefined where this machine has none. .ci/run brings it. */
export const promtool: string | undefined = [process.env.PROMTOOL, 'promtool'].find(
  (file) => file !== undefined && spawnSync(file, ['--version']).status === 0,
)

/** Its exit code and all that it printed. */
export function runPromtool(args: readonly string[]): string {
  if (promtool === undefined) throw new Error('no promtool')
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' })
  return `${status}\n${stdout}${stderr}`
}
