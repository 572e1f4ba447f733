import type { Event } from '../core/event.ts'
import type { Runtime } from '../core/runtime.ts'
import { createSeal } from '../feishu/seal.ts'
import { cloudEventOf, dataText, structuredCloudEvent, withToken } from './format.ts'

/** What is sent of an event over HTTP. */
interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `data` is JSON text in place of the event's own; `traceparent` goes into formats that have a place for it. */
export type Encode = (
  event: Event,
  data?: string,
  traceparent?: string,
) => Message | Promise<Message>

/** As Feishu itself would send it to the receiver's app: with its token, and encrypted and signed with its key if any. */
export async function encodeFeishu(
  token: string,
  encryptKey: string | undefined,
  runtime: Runtime,
): Promise<Encode> {
  const seal = await createSeal(encryptKey, runtime)
  return (event) => seal(withToken(event, token))
}

export const encodeData: Encode = (event, data = dataText(event)) => json(data)

export const encodeCloudEvent: Encode = (event, data, traceparent) => ({
  headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
  body: structuredCloudEvent(event, data, traceparent),
})

/** CloudEvents HTTP binding 1.0, binary mode: every attribute is a header, but for the content type, which has its own. */
export const encodeBinaryCloudEvent: Encode = (event, data = dataText(event), traceparent?) => {
  const { datacontenttype, ...attributes } = cloudEventOf(event, traceparent)
  const named = Object.entries(attributes).map(([name, value]) => [
    `ce-${name}`,
    escapeValue(value),
  ])
  return {
    headers: { 'Content-Type': datacontenttype, ...Object.fromEntries(named) },
    body: data,
  }
}

function json(body: string): Message {
  return { headers: { 'Content-Type': 'application/json; charset=utf-8' }, body }
}

/** Percent-encodes space, `"`, `%` and all outside U+0021 to U+007E. */
function escapeValue(value: string): string {
  return value.toWellFormed().replace(/[^!#$&-~]/gu, encodeURIComponent)
}
