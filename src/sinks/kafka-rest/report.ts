import { DeliveryError, type DeliveryFailure } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'

/**
 * The first of the JSON objects that stand one after another in a text: the API answers so, with one for each record
 * that it was sent. Undefined where there is none, or its end is missing.
 */
export function firstObject(text: string): JsonObject | undefined {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return parsed(text.slice(0, at + 1))
  }
  return undefined
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * What the answer to a record says of it. The API answers 200 before it has asked Kafka: only the record's own
 * `error_code` of 200 means that Kafka has it. Throws a DeliveryError for everything else.
 */
export function checkReport(text: string, topic: string): void {
  const report = firstObject(text)
  if (report === undefined) throw withoutReport(text)
  if (report.error_code === 200) return
  const code = codeOf(report) ?? 0
  const status = statusOf(code)
  throw refusal(report, code, `Kafka's REST API reports ${code}`, topic, {
    status,
    response: text,
    transient: status >= 500,
  })
}

/** What an answer that is no 2xx says, in words that say what to do. `refused` is of `readAnswer`. */
export function explained(refused: unknown, topic: string): unknown {
  if (!(refused instanceof DeliveryError)) return refused
  const { message, failure } = refused
  const said = firstObject(failure.response ?? '') ?? {}
  return refusal(said, codeOf(said) ?? failure.status ?? 0, message, topic, failure)
}

function refusal(
  said: JsonObject,
  code: number,
  otherwise: string,
  topic: string,
  failure: DeliveryFailure,
): DeliveryError {
  const message = adviceOn(code, topic) ?? `${otherwise}${detailOf(said)}`
  return new DeliveryError(message, { ...failure, permanent: PERMANENT.includes(code) })
}

/** The record is too large; Kafka's own word that this user may not write, as for the sink kafka. */
const PERMANENT = [413, 40301]

/** The codes of Confluent's REST API: an HTTP status, or one with two more digits that say more. */
function adviceOn(code: number, topic: string): string | undefined {
  switch (code) {
    case 413:
      return `topic ${topic} or the REST API takes no record of this size (413): raise the topic's max.message.bytes, and the limit of the REST API and of what stands before it`
    case 401:
    case 40101:
      return `the REST API does not know the sink's credentials (${code}): correct its username and password, or its token`
    case 40301:
      return `not allowed to write to topic ${topic} (40301): grant WRITE and DESCRIBE on it`
    case 403:
      return 'the REST API is forbidden to the sink (403): let its credentials, and the address it comes from, use it'
    case 40401:
    case 40403:
      return `topic ${topic} does not exist (${code}): create it, or correct the sink's topic`
    case 404:
      return "no REST API or no such cluster there (404): correct the sink's url, which is what stands before /v3, and its cluster_id"
    default:
      return undefined
  }
}

/** Whole or not at all: it may repeat what it was sent, and half a secret would not be known for one. */
function detailOf({ message }: JsonObject): string {
  return typeof message === 'string' && message.length <= 200 ? `: ${message}` : ''
}

function codeOf({ error_code }: JsonObject): number | undefined {
  return typeof error_code === 'number' ? error_code : undefined
}

function statusOf(code: number): number {
  return code < 1000 ? code : Math.floor(code / 100)
}

/** Nothing, or a beginning: the API has taken the record and Kafka is slow. Anything else comes from somewhere else. */
function withoutReport(text: string): DeliveryError {
  const begins = text.trimStart()
  if (begins === '' || begins.startsWith('{')) {
    return new DeliveryError('no delivery report came in time', {
      unreachable: true,
      response: text,
    })
  }
  return new DeliveryError(NO_API, { response: text })
}

export const NO_API =
  "the answer is not that of a Kafka REST API (v3): correct the sink's url, which is what stands before /v3"
