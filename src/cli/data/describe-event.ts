import { isObject, type JsonObject } from '../../core/event.ts'
import { indentJson } from '../../core/indent-json.ts'
import { printable } from '../../core/printable.ts'
import { shown } from './list.ts'

/** The body comes last. Within a string these quotes would be escaped. */
const BODY = ',"body":'

/** An event of the API, with its deliveries, their attempts, and its body to the letter: for people. */
export function describeEvent(json: string): string {
  const [before = '', ...after] = json.split(BODY)
  const { deliveries, problems, ...facts } = parseObject(`${before}}`)
  const body = after.join(BODY).slice(0, -1)
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  const lines = [
    ...Object.entries(facts).map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`),
    ...listOf(problems).map((problem) => `problem: ${shown(problem)}`),
    '',
    ...deliveriesOf(deliveries),
    '',
    ...indentJson(body),
  ]
  return lines.map(printable).join('\n')
}

function parseObject(json: string): JsonObject {
  const value: unknown = JSON.parse(json)
  return isObject(value) ? value : {}
}

function listOf(value: JsonObject[string] | undefined): JsonObject[string][] {
  return Array.isArray(value) ? value : []
}

function deliveriesOf(deliveries: JsonObject[string] | undefined): string[] {
  const all = listOf(deliveries).filter(isObject)
  if (all.length === 0) return ['owed to nobody']
  return all.flatMap((delivery) => {
    const { id, sink, history } = delivery
    const headline = `delivery ${shown(id)} to ${shown(sink)}: ${stateText(delivery)}`
    return [headline, ...listOf(history).filter(isObject).map(attemptText)]
  })
}

/** `dead after 3 attempts: HTTP 500` */
function stateText(delivery: JsonObject): string {
  const { state, attempts, in_flight, next_attempt_at, settled_at, reason } = delivery
  const tried = `${shown(state)} after ${shown(attempts)} attempt${attempts === 1 ? '' : 's'}`
  if (state !== 'pending')
    return [`${tried}, ${shown(settled_at)}`, reason].filter(Boolean).join(': ')
  return in_flight ? `${tried}, in flight` : `${tried}, next at ${shown(next_attempt_at)}`
}

/** `  1  2026-11-22T09:30:00.420Z  31 ms  HTTP 503  busy` */
function attemptText({ n, at, duration_ms, error, response }: JsonObject): string {
  const said = [error || 'delivered', response].filter(Boolean).join('  ')
  return `  ${shown(n)}  ${shown(at)}  ${shown(duration_ms)} ms  ${said}`
}
