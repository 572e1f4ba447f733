import { expect, test } from 'vitest'
import { start } from './bundled-text.ts'
import { load, problemsOf, short } from './load-text.ts'

const textOf = (redact: string) => `version: 1
sources: { feishu: { type: feishu, verification_token: hush } }
redact: ${redact}
`

test('fields are redacted by their names, on every host', async () => {
  const text = textOf('[user_id, 费用, from]')
  const redact = ['user_id', '费用', 'from']
  expect(await load(text)).toMatchObject({ redact, warnings: [] })
  expect(await start(text)).toMatchObject({ redact })
  expect(await load(textOf('[]'))).toMatchObject({ redact: [] })
})

test.each([
  ['user_id', '3:9 redact: must be a list of strings, not a string'],
  ['[event.user_id]', "3:10 redact.0: must be one field's name, without dots: user_id"],
  ['[user_id.]', '3:10 redact.0: must look like user_id, from'],
  ['[7]', '3:10 redact.0: must look like user_id, from'],
  ['[""]', '3:10 redact.0: must look like user_id, from'],
])('what is no list of names is a problem: %s', async (redact, problem) => {
  expect((await problemsOf(textOf(redact))).map(short)).toEqual([problem])
})

test('a name that is one letter from a field of an event is a warning', async () => {
  const { warnings } = await load(textOf('[usr_id, open_id, nobody_knows_it]'))
  expect(warnings.map(short)).toEqual([
    '3:10 redact.0: no event is known to have this field; did you mean "user_id"?',
  ])
})

test('a name of the envelope is a warning: what it holds is shown beside the body', async () => {
  const { warnings } = await load(textOf('[uuid, user_id, event_type, create_time, header]'))
  expect(warnings.map(short)).toEqual([
    "3:10 redact.0: hides it in bodies alone: people still see an event's id",
    "3:25 redact.2: hides it in bodies alone: people still see an event's type",
    "3:37 redact.3: hides it in bodies alone: people still see an event's time",
    "3:50 redact.4: hides it in bodies alone: people still see an event's id, its type and its time",
  ])
})
