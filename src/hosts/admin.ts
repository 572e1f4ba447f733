import type { Hono } from 'hono'
import type { serveConsole } from '../console/console.ts'
import type { Assets } from '../console/context.ts'
import type { JsonObject } from '../core/event.ts'
import type { Feed } from '../core/feed.ts'
import { createRecent } from '../core/recent.ts'
import { readPasted } from '../feishu/pasted.ts'
import { type AdminContext, createAdmin } from '../http/admin.ts'
import { createEnding } from '../http/api/ending.ts'
import { createLive } from '../http/live/live.ts'

/** The console: its code, and its style sheets and scripts. */
export interface Pages {
  readonly serve: typeof serveConsole
  readonly assets: Assets
}

type Own = 'serveConsole' | 'live' | 'ending' | 'readPasted'

export interface AdminOptions extends Omit<AdminContext, Own> {
  readonly feed: Feed
  /** Not needed where there are no tokens. */
  readonly pages: Pages | undefined
}

export interface Admin {
  readonly app: Hono
  /** Ends the streams of those who watch, which would go on for ever, and long work. */
  close(): void
}

/** The admin surface of a gateway, the same on every host: metrics, API and console. */
export function openAdmin({ feed, pages, ...options }: AdminOptions): Admin {
  const { tokens, ledger, runtime } = options
  const live = createLive({ ...options, feed })
  const { ending, end } = createEnding()
  const close = () => {
    end()
    live.close()
  }
  const context = {
    ...options,
    live,
    ending,
    readPasted: (value: JsonObject) =>
      readPasted(value, { id: crypto.randomUUID().replaceAll('-', ''), now: runtime.now() }),
  }
  if (!tokens || !pages) return { app: createAdmin(context), close }
  const recent = createRecent(ledger, runtime)
  feed.follow(recent.observe)
  const app = createAdmin({
    ...context,
    serveConsole: (app, guard) =>
      pages.serve(app, { ...context, recent, guard, assets: pages.assets }, tokens),
  })
  return { app, close }
}
