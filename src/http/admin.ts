import type { Context, Hono } from 'hono'
import { RejectedError } from '../core/errors.ts'
import type { Crypto, Log } from '../core/runtime.ts'
import { createPlainApp, serve } from './app.ts'

export interface AdminContext {
  /** Guards the whole surface; without it the metrics are open. */
  readonly token: string | undefined
  readonly crypto: Crypto
  readonly log: Log
  /** Prometheus text format. */
  metrics(): Promise<string>
}

/** What is for the operators alone. */
export function createAdmin(context: AdminContext): Hono {
  const app = createPlainApp(context.log)
  serve(app, 'GET', '/metrics', async (c) => {
    authorize(c, context)
    return c.text(await context.metrics(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  })
  return app
}

function authorize(c: Context, { token, crypto }: AdminContext): void {
  if (token === undefined) return
  const given = (c.req.header('authorization') ?? '').replace(/^bearer +/i, '')
  if (crypto.equal(given, token)) return
  const challenge = { 'WWW-Authenticate': 'Bearer' }
  throw new RejectedError(401, 'Authorization: Bearer <ADMIN_TOKEN> is needed.', challenge)
}
