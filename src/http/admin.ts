import type { Hono } from 'hono'
import { serveApi } from './api/api.ts'
import type { ApiContext } from './api/context.ts'
import { createPlainApp, serve } from './app.ts'
import { createGuard } from './guard.ts'

export interface AdminContext extends ApiContext {
  /** Guards the whole surface; without it there are only the metrics, and they are open. */
  readonly token: string | undefined
  /** Prometheus text format. */
  metrics(): Promise<string>
}

/** What is for the operators alone. */
export function createAdmin(context: AdminContext): Hono {
  const { token, runtime, metrics } = context
  const app = createPlainApp(runtime.log)
  const guard = token === undefined ? () => {} : createGuard(token, runtime)
  serve(app, 'GET', '/metrics', async (c) => {
    guard(c)
    return c.text(await metrics(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  })
  if (token !== undefined) serveApi(app, context, guard)
  return app
}
