import * as T from '@sinclair/typebox'
import { plainSchema } from '../../config/check/shape.ts'
import type { JsonObject } from '../../core/event.ts'
import { USUAL_TYPE } from '../sample-event.ts'

const name = (description: string) => T.String({ minLength: 1, description })

const given = T.Union(
  [
    T.Object({}, { description: 'The `event` object, as far as it matters; or a whole callback.' }),
    name('A JSON file beside this one that holds either.'),
  ],
  { description: 'The event.' },
)

const expected = T.Union(
  [
    T.Array(name('A sink.'), { description: 'Exactly these, in any order.' }),
    T.Literal('quarantined', { description: 'Stored with its problems, and owed to nobody.' }),
  ],
  { description: 'The sinks that it goes to; [] for none.', examples: [['finance', 'lake']] },
)

const test = T.Object(
  {
    name: name('What is tested, as a sentence.'),
    given,
    type: T.Optional(
      T.String({
        default: USUAL_TYPE,
        description: 'Its type, where it does not say so itself.',
      }),
    ),
    source: T.Optional(
      name(
        'The source that brings it. Without this: any that accepts its type, where it goes the same way by all of them.',
      ),
    ),
    expect: expected,
    bodies: T.Optional(
      T.Object(
        {},
        {
          description:
            'By sink: the body that it is sent, as JSON or as a text; of a CloudEvent, the members that matter.',
        },
      ),
    ),
  },
  { additionalProperties: false },
)

/** What routes.test.yaml looks like. */
export const testFileSchema = T.Object(
  {
    tests: T.Array(test, {
      minItems: 1,
      description: 'Each gives an event, and says where it goes.',
    }),
  },
  { additionalProperties: false },
)

export type WrittenTests = T.Static<typeof testFileSchema>

/** The same for editors. */
export function testsSchema(): JsonObject {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...plainSchema(testFileSchema) }
}
