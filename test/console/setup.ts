import { onTestFinished } from 'vitest'
import { serveConsole } from '../../src/console/console.ts'
import { createFeed } from '../../src/core/feed.ts'
import type { LaneStatus } from '../../src/core/lane/status.ts'
import type { Plan } from '../../src/core/plan.ts'
import { openAdmin } from '../../src/hosts/admin.ts'
import { readConsoleAssets } from '../../src/hosts/console-assets.ts'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { START } from '../core/operations/setup.ts'
import { ADMIN_TOKEN, plan as anyPlan, VIEWER_TOKEN } from '../http/api/setup.ts'
import { recordingLog } from '../log.ts'

/** What a page answers. */
export interface Shown {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Where it leads to. */
  readonly location: string | null
}

export interface Options {
  readonly plan?: Plan
  readonly store?: ReturnType<typeof openMemoryStore>
  readonly guessed?: () => void
}

/** The console over a store, and browsers that look at it. */
export function openConsole({
  plan = anyPlan,
  store = openMemoryStore(),
  guessed = () => {},
}: Options = {}) {
  const clock = { now: START }
  const log = recordingLog()
  const feed = createFeed()
  const lanes: LaneStatus[] = []
  const { app: admin, close } = openAdmin({
    tokens: { admin: ADMIN_TOKEN, viewer: VIEWER_TOKEN },
    runtime: { now: () => clock.now, log, crypto: nodeCrypto },
    ledger: store,
    metrics: async () => '',
    plan: () => plan,
    status: () => lanes,
    wake() {},
    guessed,
    feed,
    pages: { serve: serveConsole, assets: readConsoleAssets() },
  })
  onTestFinished(close)
  return { store, clock, log, feed, lanes, admin, browse: () => createBrowser(admin) }
}

export { VIEWER_TOKEN }

type Admin = ReturnType<typeof openAdmin>['app']

/** Keeps cookies, and sends forms with the token that stands in them. */
export function createBrowser(admin: Admin) {
  const cookies = new Map<string, string>()
  async function ask(path: string, init: RequestInit = {}): Promise<Shown> {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { cookie, ...Object.fromEntries(new Headers(init.headers)) }
    const answer = await admin.request(path, { ...init, headers })
    for (const text of answer.headers.getSetCookie()) keep(cookies, text)
    const location = answer.headers.get('location')
    return { status: answer.status, headers: answer.headers, text: await answer.text(), location }
  }
  const send = (path: string, fields: Record<string, string>, headers = {}) =>
    ask(path, { method: 'POST', body: new URLSearchParams(fields), headers })
  return {
    cookies,
    get: (path: string, headers: Record<string, string> = {}) => ask(path, { headers }),
    /** As it is, without the form's token. */
    send,
    logIn: (token: string = ADMIN_TOKEN) => send('/console/login', { token }),
    /** Sends a form of the page at `from`, by default of the one that it is sent to. */
    async submit(path: string, fields: Record<string, string> = {}, from = path): Promise<Shown> {
      const { text } = await ask(from)
      const csrf = /name="csrf" value="(\w+)"/.exec(text)?.[1] ?? ''
      return send(path, { csrf, ...fields })
    },
  }
}

function keep(cookies: Map<string, string>, text: string): void {
  const [pair = ''] = text.split(';')
  const [name = '', value = ''] = pair.split('=')
  if (/max-age=0/i.test(text)) cookies.delete(name)
  else cookies.set(name, value)
}
