import { dataOf, type Event } from '../src/core/event.ts'

/** The callback of a cc'd approval as Feishu sends it (v1), its token blanked. */
export const sampleRaw =
  '{"uuid": "bc447199585340d1f3728d26b1c0297a", "event": {"app_id": "cli_a0000000000000ff", "approval_code": "7C468A54-8745-2245-9675-08B7C63E7A85", "create_time": 1502199207000, "from": "b613t51g", "id": "12345", "instance_code": "81D31358-93AF-92D6-7425-01A5D67C4E71", "operate": "CREATE", "tenant_key": "2d520d3b434f175e", "type": "approval_cc", "user_id": "b613t51g"}, "token": "", "ts": "1502199207.7171419", "type": "event_callback"}'

/** An event whose `data` is what its `raw` says. */
export function sampleEvent(overrides: Partial<Event> = {}): Event {
  const raw = overrides.raw ?? sampleRaw
  return {
    id: 'bc447199585340d1f3728d26b1c0297a',
    type: 'approval_cc',
    appId: 'cli_a0000000000000ff',
    tenantKey: '2d520d3b434f175e',
    via: 'feishu',
    time: 1502199207717,
    data: dataOf(raw),
    raw,
    ...overrides,
  }
}
