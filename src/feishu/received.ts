import { isObject, type JsonObject } from '../core/event.ts'
import type { Received } from '../core/plugin.ts'
import { readEnvelope } from './envelope.ts'
import { setToken } from './token.ts'

/** An authentic event, whose text has been parsed to `body`. An event whose own time does not parse happens `now`. */
export function receivedEvent(body: JsonObject, text: string, now: number): Received {
  const { problems, time, ...event } = readEnvelope(body, text)
  return {
    kind: 'event',
    event: { ...event, time: time ?? now, raw: setToken(text, '') },
    problems,
  }
}

/** What is wrong with the envelope of a stored event. */
export function checkEnvelope(raw: string): readonly string[] {
  try {
    const body: unknown = JSON.parse(raw)
    if (isObject(body)) return readEnvelope(body, raw).problems
  } catch {}
  return ['not a JSON object']
}
