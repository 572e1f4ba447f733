import type { JsonObject } from '../core/event.ts'

/** Of an event that does not say it. */
export const USUAL_TYPE = 'approval_cc'

/** The `event` object of an approval_cc callback, as Feishu's documentation shows it. */
export function sampleEvent(operate = 'CREATE'): JsonObject {
  return {
    app_id: 'cli_a1b2c3d4e5f60708',
    tenant_key: '2d520d3b434f175e',
    type: 'approval_cc',
    approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85',
    instance_code: '81D31358-93AF-92D6-7425-01A5D67C4E71',
    id: '7123456789012345678',
    user_id: 'b613t51g',
    create_time: Date.now(),
    operate,
    from: 'a1c2e3g4',
  }
}
