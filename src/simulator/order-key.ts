import type { Json } from '../core/event.ts'
import { isObject } from '../core/event.ts'
import type { Envelope } from '../feishu/envelope.ts'

/** In what an event names its approval: the instance first, for that is what goes step by step. */
const CODES = ['instance_code', 'origin_instance_code', 'approval_code', 'definition_code']

/**
 * Approval events are ordered: the next one of an instance is withheld until the one before it succeeded or was given
 * up. Undefined for events that need not wait for others. Source: open.feishu.cn, "Approval events".
 */
export function orderKeyOf({ appId, tenantKey, type, data }: Envelope): string | undefined {
  if (!type.includes('approval')) return undefined
  const code = textAt(data, CODES) ?? (isObject(data.object) && textAt(data.object, CODES))
  return code ? `${appId} ${tenantKey} ${code}` : undefined
}

function textAt(data: Readonly<Record<string, Json>>, names: readonly string[]) {
  const values = names.map((name) => data[name])
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
