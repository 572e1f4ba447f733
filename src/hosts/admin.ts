import type { Hono } from 'hono'
import { serveConsole } from '../console/console.ts'
import type { Assets } from '../console/context.ts'
import type { JsonObject } from '../core/event.ts'
import type { Feed } from '../core/feed.ts'
import { createRecent } from '../core/recent.ts'
import { readPasted } from '../feishu/pasted.ts'
import { type AdminContext, createAdmin } from '../http/admin.ts'
import { createLive } from '../http/live/live.ts'

export interface AdminOptions extends Omit<AdminContext, 'serveConsole' | 'live' | 'readPasted'> {
  readonly feed: Feed
  readonly assets: Assets
}

export interface Admin {
  readonly app: Hono
  /** Ends the streams of those who watch: they would go on for ever. */
  close(): void
}

/** The admin surface of a gateway, the same on every host: metrics, API and console. */
export function openAdmin({ feed, assets, ...options }: AdminOptions): Admin {
  const { tokens, ledger, runtime } = options
  const live = createLive({ ...options, feed })
  const context = {
    ...options,
    live,
    readPasted: (value: JsonObject) =>
      readPasted(value, { id: crypto.randomUUID().replaceAll('-', ''), now: runtime.now() }),
  }
  if (tokens === undefined) return { app: createAdmin(context), close: live.close }
  const recent = createRecent(ledger, runtime)
  feed.follow(recent.observe)
  const app = createAdmin({
    ...context,
    serveConsole: (app, guard) => serveConsole(app, { ...context, recent, guard, assets }, tokens),
  })
  return { app, close: live.close }
}
