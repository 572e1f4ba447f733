import type { Context, Hono } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { discard } from '../../core/operations/discard.ts'
import { pauseSink, resumeSink } from '../../core/operations/pause-sink.ts'
import { concerns } from '../../core/pauses.ts'
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
  const sink = (await sinksOf(context)).find((one) => one.name === name)
  if (!sink) throw new RejectedError(404, 'There is no sink of this name.')
  return sink
}

/** Those of routes.yaml in its order, then the others that the store knows. */
async function sinksOf({ ledger, plan, status }: ApiContext) {
  const [backlogs, pauses] = await Promise.all([ledger.backlog(), ledger.pauses()])
  const { sinks } = plan()
  const lanes = new Map(status().map((lane) => [lane.sink, lane]))
  const owed = new Map(backlogs.map((backlog) => [backlog.sink, backlog]))
  const names = new Set([...sinks.keys(), ...owed.keys()])
  return [...names].map((name) => {
    const live = sinks.get(name)
    const by = pauses.filter((pause) => (live ? concerns(pause, live) : pause.sink === name))
    const pausedBy = [...(live?.settings.paused ? ['file'] : []), ...by.map((pause) => pause.by)]
    return sinkShape({ name, live, lane: lanes.get(name), backlog: owed.get(name), pausedBy })
  })
}
