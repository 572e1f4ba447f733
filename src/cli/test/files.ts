import { existsSync, globSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { UsageError } from '../command.ts'

const ENDINGS = '{yaml,yml}'

/** The files with tests of a routes.yaml: its own beside it, and those in routes.d. Throws UsageError without any. */
export function testFiles(config: string): readonly string[] {
  const own = `${basename(config, extname(config))}.test`
  const folder = dirname(config)
  const patterns = [`${own}.${ENDINGS}`, `routes.d/*.test.${ENDINGS}`]
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: folder }).sort())
  if (files.length > 0) return files.map((file) => join(folder, file))
  const where = existsSync(join(folder, 'routes.d')) ? ' or routes.d/*.test.yaml' : ''
  throw new UsageError(`there is no ${join(folder, `${own}.yaml`)}${where}. ${EXAMPLE}`)
}

const EXAMPLE = `It looks like this:

tests:
  - name: a created expense goes to finance
    given: { approval_code: 7C468A54-8745-2245-9675-08B7C63E7A85, operate: CREATE }
    expect: [finance]`
