import { expect, test } from 'vitest'
import { checkEnvelope, receivedEvent } from '../../src/feishu/received.ts'

const TOKEN = 'the-verification-token'
const v1 = {
  uuid: 'u1',
  token: TOKEN,
  type: 'event_callback',
  ts: '7',
  event: { type: 'x', token: 'kept' },
}
const v2 = {
  schema: '2.0',
  header: {
    event_id: 'e2',
    event_type: 'y',
    token: TOKEN,
    create_time: '9',
    app_id: 'a',
    tenant_key: 't',
  },
  event: { token: 'kept' },
}

test.each([
  ['v1', v1, { ...v1, token: '' }],
  ['v2', v2, { ...v2, header: { ...v2.header, token: '' } }],
])(
  "the app's token is blanked as an event is received, and nothing else: %s",
  (_, body, blanked) => {
    const received = receivedEvent(body, JSON.stringify(body), 0)
    expect(JSON.stringify(received)).not.toContain(TOKEN)
    expect(received).toMatchObject({ kind: 'event', problems: [], event: { data: body.event } })
    expect(received.kind === 'event' && received.event.raw).toBe(JSON.stringify(blanked))
  },
)

test('a stored text is checked by the rules of today', () => {
  expect(checkEnvelope(JSON.stringify(v2))).toEqual([])
  expect(checkEnvelope(JSON.stringify({ ...v1, uuid: '' }))).toEqual([
    'uuid (v1) or header.event_id (v2): is required',
  ])
  for (const text of ['', '[]', '{"a":']) expect(checkEnvelope(text)).toEqual(['not a JSON object'])
})
