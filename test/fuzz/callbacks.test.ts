/**
 * A real gateway under everything that a stranger, or Feishu on a bad day, may send. It takes a few seconds;
 * `FUZZ_RUNS=100000 npx vitest run test/fuzz` takes its time. A failure prints its seed and path: give them to
 * fc.assert (`{ seed, path }`) to see it again.
 */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import { encodeCloudEvent, encodeData } from '../../src/sinks/encode.ts'
import { openInProcess } from '../in-process.ts'
import { sealedText, TOKEN } from '../serve.ts'
import { anyText, jsonText, name, objectText, patient, polluted, runs } from './arbitrary.ts'

const opened = await openInProcess()
const { send, delivered, gateway } = opened
afterAll(async () => {
  // Some are older than any event that Feishu would send.
  expect(opened.log.lines.filter((line) => !line.includes('is the clock right?'))).toEqual([])
  expect(polluted()).toEqual([])
  await opened[Symbol.asyncDispose]()
})

const TAKEN = ['accepted', 'duplicate', 'ignored', 'quarantined']

/** Holds an answer against the contract, and gives its status and what it says. */
async function judge(answering: Promise<Response>): Promise<string> {
  const answer = await answering
  const body = Object(await answer.json())
  if (answer.status === 200) {
    if ('challenge' in body) return '200 challenge'
    expect(body).toEqual({ code: 0, msg: expect.toBeOneOf(TAKEN) })
    return `200 ${body.msg}`
  }
  expect(answer.status).toBeOneOf([400, 401, 404, 405, 413])
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(body).toEqual({
    type: 'about:blank',
    status: answer.status,
    title: expect.any(String),
    detail: expect.any(String),
  })
  if (answer.status === 405) expect(answer.headers.get('allow')).toBe('POST')
  return String(answer.status)
}

let ids = 0
const nextId = () => `fuzz-${++ids}`

/** A v1 callback of now around the text of its event. */
function callbackText(id: string, event: string): string {
  const ts = (Date.now() / 1000).toFixed(3)
  return `{"uuid":"${id}","token":"${TOKEN}","ts":"${ts}","type":"event_callback","event":${event}}`
}

const headers = fc.dictionary(
  fc.constantFrom('content-type', 'content-encoding', 'x-lark-signature', 'x-lark-request-nonce'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
)
const path = fc.constantFrom('/sealed', '/plain')

test('any bytes, whatever the headers, are a 400 or a 401', patient, async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    anyText().map((text) => new TextEncoder().encode(text)),
    jsonText.map((text) => new TextEncoder().encode(text)),
    jsonText.map((text) => new TextEncoder().encode(`{"encrypt":${text}}`)),
    fc.base64String().map((text) => new TextEncoder().encode(`{"encrypt":"${text}"}`)),
  )
  await fc.assert(
    fc.asyncProperty(path, headers, body, async (to, given, bytes) => {
      const init = { method: 'POST', headers: given, body: new Uint8Array(bytes) }
      expect(await judge(send(to, init))).toBeOneOf(['400', '401'])
    }),
    { numRuns: runs(500) },
  )
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
])('a body in %s is not unpacked', async (encoding, pack) => {
  const { body, headers: own } = await sealedText(callbackText(nextId(), '{"type":"x"}'))
  const init = {
    method: 'POST',
    headers: { ...own, 'content-encoding': encoding },
    body: pack(body),
  }
  expect(await judge(send('/sealed', init))).toBe('400')
})

test('any path and any method is answered as the contract says', patient, async () => {
  const method = fc.oneof(
    fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST', 'QUERY'),
    fc.stringMatching(/^[A-Z]{1,12}$/).filter((word) => !/^(CONNECT|TRACE|TRACK|HEAD)$/.test(word)),
  )
  const target = fc.oneof(
    fc.webPath(),
    anyText().map((text) => `/${encodeURIComponent(text.toWellFormed())}`),
    fc.constantFrom(
      '/sealed',
      '/sealed/',
      '/plain?a=b',
      '//sealed',
      '/sealed/../plain',
      '/%73ealed',
    ),
    fc.string({ unit: 'grapheme-ascii' }).map((text) => `/${text}`),
  )
  await fc.assert(
    fc.asyncProperty(method, target, async (verb, to) => {
      const said = await judge(send(to, { method: verb }))
      const isSource = ['/sealed', '/plain'].includes(
        decoded(new URL(`http://gateway${to}`).pathname),
      )
      expect(said).toBe(isSource ? (verb === 'POST' ? '400' : '405') : '404')
    }),
    { numRuns: runs(500) },
  )
})

/** `/%61` is another way of writing `/a`. */
function decoded(pathname: string): string {
  try {
    return decodeURI(pathname)
  } catch {
    return pathname
  }
}

const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('put', 'insert', 'remove', 'cut'),
  char: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
})

function changed(text: string, { at, how, char }: { at: number; how: string; char: string }) {
  const place = at % text.length
  const [before, after] = [text.slice(0, place), text.slice(place)]
  if (how === 'put') return before + char + after.slice(1)
  if (how === 'insert') return before + char + after
  return how === 'remove' ? before + after.slice(1) : before
}

test('a genuine callback with one character changed is not genuine', patient, async () => {
  const part = fc.constantFrom(
    'body',
    'X-Lark-Signature',
    'X-Lark-Request-Timestamp',
    'X-Lark-Request-Nonce',
  )
  await fc.assert(
    fc.asyncProperty(part, change, async (where, how) => {
      const message = await sealedText(callbackText(nextId(), '{"type":"x"}'))
      const forged = { body: message.body, headers: { ...message.headers } }
      const original = where === 'body' ? message.body : (message.headers[where] ?? '')
      const wrong = changed(original, how)
      fc.pre(wrong !== original)
      if (where === 'body') forged.body = wrong
      else forged.headers[where] = wrong
      const said = await judge(send('/sealed', { method: 'POST', ...forged }))
      expect(said).toBeOneOf(['400', '401'])
    }),
    { numRuns: runs(500) },
  )
})

test('whatever the fields of a genuine envelope are, it is taken', patient, async () => {
  const field = fc.option(jsonText, { nil: undefined })
  const members = fc.array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('uuid', 'ts', 'type', 'event', 'schema', 'challenge', 'encrypt'),
        name.filter((key) => !/^header$|^token$|\\/.test(key)),
      ),
      jsonText,
    ),
    { maxLength: 6 },
  )
  const header = fc.record({
    event_id: field,
    event_type: field,
    create_time: field,
    app_id: field,
    tenant_key: field,
  })
  await fc.assert(
    fc.asyncProperty(members, header, fc.boolean(), async (top, fields, isV2) => {
      const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
      const inner = entries.map(([key, value]) => `"${key}":${value},`).join('')
      const rest = top.map(([key, value]) => `${JSON.stringify(key)}:${value},`).join('')
      const token = isV2 ? `"header":{${inner}"token":"${TOKEN}"}` : `"token":"${TOKEN}"`
      const message = await sealedText(`{${rest}${token}}`)
      const said = await judge(send('/sealed', { method: 'POST', ...message }))
      if (/^200 (?!ignored)/.test(said)) return
      // A url_verification without a challenge is neither.
      expect(said).toBe('401')
      expect(JSON.parse(`{${rest}${token}}`).type).toBe('url_verification')
    }),
    { numRuns: runs(500) },
  )
})

test('any event goes in and comes out to the letter', patient, async () => {
  // Of two members with one name the last counts: the type is one that no schema knows.
  const typed = objectText.map((text) => {
    const isEmpty = /^\{\s*\}$/.test(text)
    return `${text.slice(0, -1)}${isEmpty ? '' : ','}"type":"fuzz"}`
  })
  await gateway.drain()
  delivered.length = 0
  await fc.assert(
    fc.asyncProperty(typed, path, async (event, to) => {
      const id = nextId()
      const text = callbackText(id, event)
      const message = to === '/sealed' ? await sealedText(text) : { body: text, headers: {} }
      expect(await judge(send(to, { method: 'POST', ...message }))).toBe('200 accepted')
      await gateway.drain()
      const [got, ...more] = delivered.splice(0)
      expect([got?.id, more]).toEqual([id, []])
      if (got === undefined) return
      expect(got.raw).toBe(text.replace(TOKEN, ''))
      expect(got.data).toEqual(JSON.parse(event))
      await isKept(got, event)
    }),
    { numRuns: runs(500) },
  )
})

/** What the receivers get of an event holds it to the letter too. */
async function isKept(event: Event, text: string): Promise<void> {
  expect((await encodeData(event)).body).toBe(text)
  const { body } = await encodeCloudEvent(event)
  expect(body.endsWith(`,"data":${text}}`)).toBe(true)
  expect(() => JSON.parse(body)).not.toThrow()
}

test.each([1, 99, 100, 101, 5000])('an event nested %d deep is taken', async (depth) => {
  const event = `{"type":"x","a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const message = await sealedText(callbackText(nextId(), event))
  const said = await judge(send('/sealed', { method: 'POST', ...message }))
  expect(said).toBe(depth <= 98 ? '200 accepted' : '200 quarantined')
})
