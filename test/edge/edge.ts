import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FEISHU, KEY, NODE, openFolder, run, TOKEN } from '../serve.ts'
import { startWorkerd, type Workerd } from '../workerd.ts'

export const ADMIN_TOKEN = 'a-token-of-the-operators'

/** A worker as `lark-fanout build` makes it, for as many gateways as a test wants. */
export interface Built extends AsyncDisposable {
  /** An address without a slash at its end, for `${RECEIVER}`. */
  start(receiver: string, options?: StartOptions): Promise<Workerd>
  script(): Promise<string>
}

interface StartOptions {
  readonly persist?: string
  /** On top of the app's keys; undefined takes one away. */
  readonly bindings?: Readonly<Record<string, string | undefined>>
}

/** Of the app's source, of these sinks and routes, and of what stands beside routes.yaml. */
export async function buildWorker(
  sinksAndRoutes: string,
  beside: Readonly<Record<string, string>> = {},
): Promise<Built> {
  const folder = await openFolder({ 'routes.yaml': `${FEISHU}${sinksAndRoutes}`, ...beside })
  const args = ['build', '--target', 'cloudflare', '--out', 'worker']
  const { code, stderr } = await run(folder, args, { by: NODE })
  if (code !== 0) throw new Error(stderr)
  return {
    start(receiver, { persist, bindings = {} } = {}) {
      const keys = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY, ADMIN_TOKEN }
      const values = Object.entries({ ...keys, RECEIVER: receiver, ...bindings })
      const given = values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
      return startWorkerd({
        modulesFolder: join(folder.path, 'worker'),
        bindings: Object.fromEntries(given),
        ...(persist !== undefined && { persist }),
      })
    },
    script: () => readFile(join(folder.path, 'worker', 'worker.js'), 'utf8'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** Where an object's data outlives its process. */
export function persistFolder() {
  const path = mkdtempSync(join(tmpdir(), 'lark-fanout-edge-'))
  return {
    path,
    /** When the platform will wake the object: in milliseconds from now, or null. */
    alarmIn(): number | null {
      const [file = ''] = globSync(join(path, 'do', '*Gateway', 'metadata.sqlite'))
      const database = new DatabaseSync(file, { readOnly: true })
      try {
        const statement = database.prepare('SELECT * FROM _cf_ALARM')
        statement.setReadBigInts(true)
        const [row] = statement.all()
        if (!row) return null
        return Number(BigInt(String(row.scheduled_time)) / 1_000_000n) - Date.now()
      } finally {
        database.close()
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Asks the gateway's API, and gives the answer's body. */
export async function ask(url: string, path: string, body?: object) {
  const response = await fetch(`${url}/api/${path}`, {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  return Object(await response.json())
}
