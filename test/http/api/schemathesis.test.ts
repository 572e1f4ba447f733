import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { event } from '../../../src/http/api/examples.ts'
import { callbackOf, endOf, FEISHU, type Folder, openFolder, post, serve } from '../../serve.ts'
import { ADMIN_TOKEN } from './setup.ts'

/** `required`: what is missing fails. `present`: it is skipped, by name. */
const mode = process.env.API
/** The folder of the programs. */
const tools = process.env.API_TOOLS ?? ''
const missing =
  mode === undefined
    ? '`npm run test:api` asks it'
    : existsSync(join(tools, 'st'))
      ? undefined
      : 'no schemathesis: API_TOOLS="$(.ci/api-tools)" npm run test:api'

const title = 'schemathesis and openapi-spec-validator find nothing wrong with the API'

const ARGUMENTS = [
  // The stream never ends.
  ...['--exclude-path', '/api/stream'],
  // Wrong tokens soon lock the address out; and what is well-formed may name what there is not: a sink, a cursor.
  ...['--exclude-checks', 'ignored_auth,positive_data_acceptance'],
  ...['--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', '30', '--seed', '7'],
  ...['--no-shrink', '--continue-on-failure', '--request-timeout', '20', '--no-color'],
  ...['--header', `Authorization: Bearer ${ADMIN_TOKEN}`],
]

const ROUTES = `${FEISHU}sinks: { finance: { type: log }, slow: { type: log, paused: true } }
routes:
  - { name: all, to: [finance, slow] }
  - { name: reads, match: { operate: READ }, to: [finance] }
redact: [user_id]
`

function runTool(folder: Folder, name: string, args: readonly string[]) {
  return endOf(spawn(join(tools, name), args, { cwd: folder.path }))
}

test.skipIf(missing !== undefined && mode !== 'required')(
  missing === undefined ? title : `${title}: SKIPPED, ${missing}`,
  { timeout: 300_000 },
  async () => {
    if (missing !== undefined) throw new Error(missing)
    await using folder = await openFolder({ 'routes.yaml': ROUTES })
    await using gateway = await serve(folder, { ADMIN_TOKEN, DATABASE_URL: 'memory:' })
    for (const operate of ['CREATE', 'READ', 'UNHEARD-OF']) {
      const uuid = operate === 'CREATE' ? { uuid: event.id } : {}
      await post(gateway.url, callbackOf({ operate }, uuid))
    }
    const url = `${gateway.url}/api/openapi.json`
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }
    await folder.write('openapi.json', await (await fetch(url, { headers })).text())
    expect(await runTool(folder, 'openapi-spec-validator', ['openapi.json'])).toMatchObject({
      code: 0,
      stdout: 'openapi.json: OK\n',
    })
    const { code, stdout, stderr } = await runTool(folder, 'st', ['run', url, ...ARGUMENTS])
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/Tested: +12\b/)
    expect(gateway.log.filter((line) => line.includes('"level":50'))).toEqual([])
  },
)
