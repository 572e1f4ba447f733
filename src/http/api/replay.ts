import type { Hono } from 'hono'
import { ConfigError } from '../../core/errors.ts'
import { replay } from '../../core/operations/replay.ts'
import { serve } from '../app.ts'
import { type ApiContext, operatorOf } from './context.ts'
import { badRequest, flag, json, optional, readFields, text, time, withDefault } from './fields.ts'
import { bodyOf, queryOf } from './request.ts'
import { answerWork } from './work.ts'

const replayFields = {
  since: time,
  until: time,
  match: optional(json),
  route: optional(text),
  sink: optional(text),
  dry_run: withDefault(flag, false),
  resend: withDefault(flag, false),
}

export function serveReplay(app: Hono, context: ApiContext): void {
  serve(app, 'POST', '/api/replay', async (c) => {
    readFields(queryOf(c), {})
    const { dry_run: dryRun, ...rest } = readFields(await bodyOf(c), replayFields)
    return answerWork(c, context, async (progress, signal) => {
      const operator = { ...operatorOf(c, context), signal, routing: context.plan() }
      try {
        const replayed = await replay(operator, { ...rest, dryRun }, progress)
        return { dry_run: dryRun, ...replayed }
      } catch (error) {
        throw error instanceof ConfigError ? badRequest(error.problems) : error
      }
    })
  })
}
