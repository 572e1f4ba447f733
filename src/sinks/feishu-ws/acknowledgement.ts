import { DeliveryError } from '../../core/errors.ts'
import { isObject } from '../../core/event.ts'
import type { Receipt } from '../../core/plugin.ts'

/** What a client's answer means: 200 is success, and everything else throws a DeliveryError. */
export function readAcknowledgement(payload: Uint8Array): Receipt {
  const response = new TextDecoder().decode(payload)
  const code = codeOf(response)
  if (code === 200) return { status: 200 }
  if (code === undefined) {
    throw new DeliveryError('its acknowledgement has no code', { response })
  }
  // 500 is what every SDK answers when the handler throws; all but Node's when there is no handler for the type.
  const message = `acknowledged with code ${code}`
  throw new DeliveryError(message, { status: code, response, transient: code >= 500 })
}

function codeOf(text: string): number | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return isObject(answer) && typeof answer.code === 'number' ? answer.code : undefined
  } catch {
    return undefined
  }
}
