import type { Context, Hono } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { noSuchSink, sinkNames } from '../../core/known-sinks.ts'
import { discard } from '../../core/operations/discard.ts'
import { pauseSink, resumeSink } from '../../core/operations/pause-sink.ts'
import { pausedBy } from '../../core/pauses.ts'
import { serve } from '../app.ts'
import { type ApiContext, operatorOf } from './context.ts'
import { readFields } from './fields.ts'
import { bodyOf, queryOf } from './request.ts'
import { sinkShape } from './shapes.ts'
import { answerWork } from './work.ts'

export function serveSinks(app: Hono, context: ApiContext): void {
  serve(app, 'GET', '/api/sinks', async (c) => {
    readFields(queryOf(c), {})
    return c.json({ items: await sinksOf(context), next: null })
  })
  serve(app, 'POST', '/api/sinks/:name/pause', async (c) => {
    const sink = await asked(c, context)
    await pauseSink(operatorOf(c, context), { sink })
    context.wake()
    return c.json(await sinkOf(context, sink))
  })
  serve(app, 'POST', '/api/sinks/:name/resume', async (c) => {
    const sink = await asked(c, context)
    await resumeSink(operatorOf(c, context), { sink })
    context.wake()
    return c.json(await sinkOf(context, sink))
  })
  serve(app, 'POST', '/api/sinks/:name/discard', async (c) => {
    const sink = await asked(c, context)
    return answerWork(c, context, (progress, signal) =>
      discard({ ...operatorOf(c, context), signal }, { sink }, progress),
    )
  })
}

/** The sink that the path names. Throws RejectedError 404 where there is none, 400 where more is asked than that. */
async function asked(c: Context, context: ApiContext): Promise<string> {
  const name = c.req.param('name') ?? ''
  readFields(queryOf(c), {})
  readFields(await bodyOf(c), {})
  await sinkOf(context, name)
  return name
}

async function sinkOf(context: ApiContext, name: string) {
  const sinks = await sinksOf(context)
  const sink = sinks.find((one) => one.name === name)
  if (sink) return sink
  const names = sinks.map((one) => one.name)
  throw new RejectedError(404, noSuchSink(name, names))
}

async function sinksOf({ ledger, plan, status }: ApiContext) {
  const [backlogs, pauses] = await Promise.all([ledger.backlog(), ledger.pauses()])
  const { sinks } = plan()
  const lanes = new Map(status().map((lane) => [lane.sink, lane]))
  const owed = new Map(backlogs.map((backlog) => [backlog.sink, backlog]))
  return sinkNames(sinks.keys(), backlogs).map((name) => {
    const live = sinks.get(name)
    const lane = lanes.get(name)
    const backlog = owed.get(name)
    return sinkShape({ name, live, lane, backlog, pausedBy: pausedBy(name, live, pauses) })
  })
}
