import { messageOf } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/event.ts'
import { printable } from '../../core/printable.ts'
import { UsageError } from '../command.ts'
import type { Data, JsonPage, Work } from './data.ts'
import { jsonLines } from './json-lines.ts'

export interface RemoteOptions {
  /** Where the gateway's API is served, e.g. `http://127.0.0.1:3000`. */
  readonly url: string
  /** The gateway's ADMIN_TOKEN. */
  readonly token: string
  /** Who asks, for the audit. */
  readonly actor: string
}

/** Talks to a running gateway by its API. */
export function openRemote(options: RemoteOptions): Data {
  const api = createApi(options)
  const page = async (path: string, query: object) => pageOf(await api.get(path, query))
  const sinkPath = (name: string, verb: string) => `sinks/${encodeURIComponent(name)}/${verb}`
  return {
    events: (query) => page('events', query),
    deliveries: (query) => page('deliveries', query),
    audit: (query) => page('audit', query),
    event: (id) => api.find(`events/${encodeURIComponent(id)}`),
    sinks: async () => pageOf(await api.get('sinks', {})).items,
    retry: (request, work) => api.post('deliveries/retry', request, work),
    replay: (request, work) => api.post('replay', request, work),
    discard: (sink, work) => api.post(sinkPath(sink, 'discard'), {}, work),
    pause: async (sink) => void (await api.post(sinkPath(sink, 'pause'), {})),
    resume: async (sink) => void (await api.post(sinkPath(sink, 'resume'), {})),
    close: async () => {},
  }
}

function pageOf(answer: JsonObject): JsonPage {
  const items = Array.isArray(answer.items) ? answer.items.filter(isObject) : []
  return { items, next: typeof answer.next === 'string' ? answer.next : null }
}

/** Requests that resolve to a good answer's body, and reject with what to do about any other. */
function createApi({ url, token, actor }: RemoteOptions) {
  const headers = { Authorization: `Bearer ${token}`, 'X-Actor': actor }
  const base = `${url.replace(/\/*$/, '')}/api/`

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      // Whoever a redirect leads to must not get the token.
      return await fetch(base + path, { headers, redirect: 'manual', ...init })
    } catch (error) {
      init.signal?.throwIfAborted()
      throw new Error(`${url}: no answer (${causeOf(error)}): is the gateway running there?`)
    }
  }
  /** A 404 may mean this one thing or the whole API. */
  async function isThere(): Promise<boolean> {
    return (await ask('sinks')).status !== 404
  }
  async function good(response: Response): Promise<Response> {
    if (response.ok) return response
    if (response.status === 404 && !(await isThere())) throw noApi(url)
    throw await refusal(response, url)
  }
  return {
    get: async (path: string, query: object) =>
      readObject(await good(await ask(`${path}?${search(query)}`)), url),
    async find(path: string): Promise<string | null> {
      const response = await ask(path)
      if (response.status === 404 && (await isThere())) return null
      return await (await good(response)).text()
    },
    async post(path: string, body: object, work?: Work): Promise<JsonObject> {
      const accept = work ? 'application/x-ndjson' : 'application/json'
      const response = await ask(path, {
        method: 'POST',
        headers: { ...headers, Accept: accept, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        ...(work && { signal: work.signal }),
      })
      await good(response)
      return work ? await lastLine(response, work, url) : await readObject(response, url)
    },
  }
}

function search(query: object): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters
}

async function readObject(response: Response, url: string): Promise<JsonObject> {
  const body: unknown = await response.json().catch(() => undefined)
  if (isObject(body)) return body
  throw new Error(`${url} does not answer as lark-fanout does: name a gateway's URL`)
}

/** The answer of long work: lines of its progress, then what came of it. */
async function lastLine(response: Response, work: Work, url: string): Promise<JsonObject> {
  let last: JsonObject = {}
  try {
    for await (const line of jsonLines(response.body)) {
      last = line
      if (isObject(line.progress)) work.progress(line.progress)
    }
  } catch (error) {
    work.signal.throwIfAborted()
    throw new Error(`${url} broke off in the middle (${causeOf(error)}): see \`audit\`, then go on`)
  }
  if (typeof last.error === 'string')
    throw new Error(`${url} failed in the middle: ${printable(last.error)}`)
  return last
}

function noApi(url: string): Error {
  const advice = 'start the gateway with ADMIN_TOKEN; with ADMIN_PORT, name that port'
  return new Error(`${url} has no API: ${advice}`)
}

async function refusal(response: Response, url: string): Promise<Error> {
  const { status } = response
  if (status === 401) {
    return new Error(`${url} refuses the token: set ADMIN_TOKEN to the one it was started with`)
  }
  if (status === 429) return new Error(`${url}: too many wrong tokens; wait a minute`)
  const body: unknown = await response.json().catch(() => undefined)
  const said = isObject(body) ? printable(problemText(body)) : ''
  // Of a gateway that has the API: it is the sink in the path that there is none of.
  if (status === 400 || status === 404)
    return new UsageError(said || `${url} does not understand the request`)
  return new Error(`${url} answers ${status}${said && `: ${said}`}`)
}

/** `The request is wrong. since: must be a time` */
function problemText({ detail, title, errors }: JsonObject): string {
  const list = Array.isArray(errors) ? errors.filter(isObject) : []
  const wrong = list.map(({ path, message }) => (path ? `${path}: ${message}` : `${message}`))
  return wrong.length > 0 ? wrong.join('; ') : String(detail ?? title ?? '')
}

/** fetch itself says no more than `fetch failed`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = isObject(cause) || cause instanceof Error ? Object(cause).code : undefined
  return typeof code === 'string' ? code : messageOf(cause)
}
