import { expect } from 'vitest'
import { type Environment, openFolder, run } from '../serve.ts'

/** As routes.yaml takes it from the environment. */
export const variable = (name: string) => `\${${name}}`

/** Runs `check --live` over this routes.yaml, which must be in order. */
export async function checkLive(text: string, env: Environment = {}, args: readonly string[] = []) {
  await using folder = await openFolder({ 'routes.yaml': text })
  const { code, stdout, stderr } = await run(folder, ['check', '--live', ...args], { env })
  // How far the subscriptions are, where they take more than a second.
  expect(stderr.replaceAll(/^\d+ of \d+ approvals, .*\n/gm, '')).toBe('')
  const lines = stdout.trimEnd().split('\n')
  /** What is said of a source or a sink. */
  const of = (path: string) =>
    lines
      .filter((line) => line.slice(4).startsWith(`${path} `))
      .map((line) => `${line.slice(0, 2)} ${line.slice(4 + path.length).trim()}`)
      .join('\n')
  return { code, lines, of }
}
