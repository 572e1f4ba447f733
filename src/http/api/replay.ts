import { ConfigError } from '../../core/errors.ts'
import { replay } from '../../core/operations/replay.ts'
import { type ApiContext, operatorOf } from './context.ts'
import { workProblems } from './ending.ts'
import * as examples from './examples.ts'
import { badRequest, flag, json, optional, text, withDefault } from './fields.ts'
import { type Operation, operation } from './operation.ts'
import { replayedProgressSchema, replayedSchema } from './schemas.ts'
import { time } from './time.ts'
import { answerWork } from './work.ts'

const replayFields = {
  since: time('Events accepted then or later.'),
  until: time('Events accepted before; one that lies ahead means now.'),
  match: optional(json('An event pattern: only events that match.', 'object')),
  route: optional(text('Only by this route.', 'reads')),
  sink: optional(text('Only for this sink.', 'finance')),
  dry_run: withDefault(flag('Only counts.'), false),
  resend: withDefault(flag('Owes what was delivered too, as a new delivery.'), false),
}

export function replayOperation(context: ApiContext): Operation {
  return operation(
    {
      ...{ method: 'POST', path: '/api/replay', id: 'replayEvents', tag: 'events' },
      summary: 'Stored events go through the routes as they are now',
      description:
        'Quarantined ones are checked anew. A sink is owed only what it has neither pending nor delivered.',
      body: replayFields,
      answer: {
        description: 'What came of it.',
        schema: replayedSchema,
        example: examples.replayed,
        progress: replayedProgressSchema,
      },
      problems: workProblems,
    },
    (c, { body: { dry_run: dryRun, ...rest } }) =>
      answerWork(c, context, async (progress, signal) => {
        const operator = { ...operatorOf(c, context), signal, routing: context.plan() }
        try {
          const replayed = await replay(operator, { ...rest, dryRun }, progress)
          return { dry_run: dryRun, ...replayed }
        } catch (error) {
          throw error instanceof ConfigError ? badRequest(error.problems) : error
        }
      }),
  )
}
