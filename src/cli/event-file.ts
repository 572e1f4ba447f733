import { readFile } from 'node:fs/promises'
import { text as readStream } from 'node:stream/consumers'
import { messageOf } from '../core/errors.ts'
import { isObject, type JsonObject } from '../core/event.ts'
import { isTooDeep, TOO_DEEP } from '../feishu/pasted.ts'
import { UsageError } from './command.ts'
import { sampleEvent } from './sample-event.ts'

/**
 * A callback's JSON from a file, or from standard input for `-`. The `event` object alone will do: it is put into a v1
 * envelope of now. Throws UsageError for what is neither.
 */
export async function readEventFile(file: string): Promise<JsonObject> {
  const value = await readPastedFile(file)
  return isObject(value.event) ? value : envelope(value)
}

/** The same as it is. */
export async function readPastedFile(file: string): Promise<JsonObject> {
  const text = file === '-' ? await readStream(process.stdin) : await readText(file)
  const value = parse(text, file)
  if (typeof value.encrypt === 'string')
    throw new UsageError(`${file} is encrypted: decrypt it first`)
  if (isTooDeep(value)) throw new UsageError(`${file} ${TOO_DEEP}`)
  return value
}

/** An approval_cc callback of now. */
export function sampleCallback(operate = 'CREATE'): JsonObject {
  return envelope(sampleEvent(operate))
}

/** The same callback with an id that no other has. */
export function withNewId(callback: JsonObject): JsonObject {
  return isObject(callback.header)
    ? { ...callback, header: { ...callback.header, event_id: newId() } }
    : { ...callback, uuid: newId() }
}

/** A v1 callback around an `event` object. */
function envelope(event: JsonObject): JsonObject {
  const ts = (Date.now() / 1000).toFixed(6)
  return { ts, uuid: newId(), token: '', type: 'event_callback', event }
}

export function newId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`)
  }
}

function parse(text: string, file: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {}
  throw new UsageError(`${file} must hold a JSON object: a callback, or its \`event\` object`)
}
