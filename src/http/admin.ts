import type { Hono } from 'hono'
import { serveApi } from './api/api.ts'
import type { ApiContext } from './api/context.ts'
import { createPlainApp, serve } from './app.ts'
import { createGuard, type Guard, type Tokens } from './guard.ts'

export interface AdminContext extends ApiContext {
  /** They guard the whole surface; without them there are only the metrics, and they are open. */
  readonly tokens: Tokens | undefined
  /** Told of each wrong token: it is remembered in memory alone. */
  guessed?(): void
  /** Its pages, which are behind the same tokens. */
  serveConsole?(app: Hono, guard: Guard): void
  /** Prometheus text format. */
  metrics(): Promise<string>
}

/** What is for the operators alone. */
export function createAdmin(context: AdminContext): Hono {
  const { tokens, runtime, metrics } = context
  const app = createPlainApp(runtime.log)
  const guard = tokens && createGuard(tokens, runtime, context.guessed)
  serve(app, 'GET', '/metrics', async (c) => {
    guard?.pass(c)
    return c.text(await metrics(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  })
  if (guard) {
    serveApi(app, context, guard.pass)
    context.serveConsole?.(app, guard)
  }
  return app
}
