import type { Context } from 'hono'
import { RejectedError } from '../../core/errors.ts'
import { noSuchSink, sinkNames } from '../../core/known-sinks.ts'
import { discard } from '../../core/operations/discard.ts'
import { pauseSink, resumeSink } from '../../core/operations/pause-sink.ts'
import { pausedBy } from '../../core/pauses.ts'
import { type ApiContext, operatorOf } from './context.ts'
import { workProblems } from './ending.ts'
import * as examples from './examples.ts'
import { text } from './fields.ts'
import { type About, type None, type Operation, operation } from './operation.ts'
import { discardedProgressSchema, discardedSchema, pageSchema, sinkSchema } from './schemas.ts'
import { sinkShape } from './shapes.ts'
import { answerWork } from './work.ts'

export function sinkOperations(context: ApiContext): readonly Operation[] {
  const list = operation(
    {
      ...{ method: 'GET', path: '/api/sinks', id: 'listSinks', tag: 'sinks' },
      summary: 'Every sink, and how it is doing',
      description:
        'Those of routes.yaml in its order, and every other that is owed something or has dead letters, on one page.',
      answer: {
        description: 'All sinks.',
        schema: pageSchema(sinkSchema),
        example: examples.page(examples.sink),
      },
    },
    async (c) => c.json({ items: await sinksOf(context), next: null }),
  )
  const work = operation(aboutDiscard, async (c) => {
    const sink = await asked(c, context)
    return answerWork(c, context, (progress, signal) =>
      discard({ ...operatorOf(c, context), signal }, { sink }, progress),
    )
  })
  return [
    list,
    change(aboutPause, context, pauseSink),
    change(aboutResume, context, resumeSink),
    work,
  ]
}

const ofOne = {
  method: 'POST',
  tag: 'sinks',
  params: { name: text('The sink’s name.', 'finance') },
  problems: { 404: 'There is no such sink.' },
} as const

const theSink = { description: 'The sink.', schema: sinkSchema, example: examples.sink }

const aboutPause = {
  ...ofOne,
  path: '/api/sinks/:name/pause',
  id: 'pauseSink',
  summary: 'Nothing more is sent, what is owed is kept, also over restarts',
  answer: theSink,
} as const

const aboutResume = {
  ...ofOne,
  path: '/api/sinks/:name/resume',
  id: 'resumeSink',
  summary: 'Ends a pause by an operator, and one by a 410',
  description: '`paused: true` in routes.yaml stands.',
  answer: theSink,
} as const

const aboutDiscard = {
  ...ofOne,
  path: '/api/sinks/:name/discard',
  id: 'discardSink',
  summary: 'What the sink is owed becomes dead letters, but for what is in flight',
  description: 'Until they are pruned, retry brings them back.',
  answer: {
    description: 'How many.',
    schema: discardedSchema,
    example: { discarded: 17 },
    progress: discardedProgressSchema,
  },
  problems: { ...ofOne.problems, ...workProblems },
} as const

function change(
  about: About<None, None>,
  context: ApiContext,
  work: typeof pauseSink | typeof resumeSink,
): Operation {
  return operation(about, async (c) => {
    const sink = await asked(c, context)
    await work(operatorOf(c, context), { sink })
    context.wake()
    return c.json(await sinkOf(context, sink))
  })
}

/** The sink that the path names. Throws RejectedError 404 where there is none. */
async function asked(c: Context, context: ApiContext): Promise<string> {
  const name = c.req.param('name') ?? ''
  await sinkOf(context, name)
  return name
}

/** Throws RejectedError 404 where there is none of that name. */
export async function sinkOf(context: ApiContext, name: string) {
  const sinks = await sinksOf(context)
  const sink = sinks.find((one) => one.name === name)
  if (sink) return sink
  const names = sinks.map((one) => one.name)
  throw new RejectedError(404, noSuchSink(name, names))
}

/** Every sink of the plan, and every other that is owed something or has dead letters. */
export async function sinksOf({ ledger, plan, status }: ApiContext) {
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
