import { request } from 'node:http'
import { expect } from 'vitest'
import { callbackOf, FEISHU, KEY, openFolder, post, sealed } from '../serve.ts'
import { ADMIN_TOKEN } from './places.ts'
import type { Row } from './rows.ts'

const MIB = 1024 * 1024

function send(url: string, init: RequestInit): Promise<Response> {
  return fetch(`${url}/webhook/event`, { method: 'POST', ...init })
}

/**
 * Streams a byte too many, its length undeclared, and never ends; over a connection of its own, which that may cost. No
 * more than that: who still writes may miss the answer.
 */
function chunkedStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/webhook/event`, { method: 'POST', agent: false }, (answer) => {
      resolve(answer.statusCode)
      outgoing.destroy()
    })
    outgoing.on('error', reject)
    outgoing.write(new Uint8Array(MIB + 1))
  })
}

const NO_SINKS = `${FEISHU}sinks: { out: { type: log } }
routes: [{ name: all, to: [out] }]
`

/** Every row of the HTTP table, asked from outside. */
export const httpRows: readonly Row[] = [
  {
    name: 'another path: 404',
    async run({ url }) {
      const answer = await fetch(`${url}/elsewhere`, { method: 'POST' })
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(await answer.json()).toMatchObject({ status: 404, title: 'Not Found' })
    },
  },
  {
    name: 'another method: 405 with Allow',
    async run({ url }) {
      for (const [method, path, allow] of [
        ['GET', '/webhook/event', 'POST'],
        ['PUT', '/webhook/event', 'POST'],
        ['DELETE', '/healthz', 'GET, HEAD'],
        ['POST', '/metrics', 'GET, HEAD'],
      ] as const) {
        const answer = await fetch(`${url}${path}`, { method })
        expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
      }
    },
  },
  {
    name: 'over 1 MiB: 413',
    async run({ url }) {
      expect((await send(url, { body: ' '.repeat(MIB + 1) })).status).toBe(413)
      expect((await send(url, { body: `{${' '.repeat(MIB - 2)}}` })).status).toBe(401)
      expect(await chunkedStatus(url)).toBe(413)
    },
  },
  {
    name: 'no JSON object: 400',
    async run({ url }) {
      for (const body of ['', 'approval', '[]', '"x"', '['.repeat(200_000)]) {
        expect((await send(url, { body })).status).toBe(400)
      }
    },
  },
  {
    name: 'url_verification: its challenge, in a second',
    async run({ url }) {
      const challenge = { challenge: 'c1', type: 'url_verification', token: '' }
      const { body } = await sealed(challenge)
      const answer = await send(url, { body, signal: AbortSignal.timeout(1000) })
      expect([answer.status, await answer.json()]).toEqual([200, { challenge: 'c1' }])
    },
  },
  {
    name: 'not authentic: one and the same 401',
    async run({ url }) {
      const { headers, body } = await sealed(callbackOf())
      const challenge = { challenge: 'c1', type: 'url_verification', token: '' }
      const answers = [
        await send(url, { body }),
        await send(url, { headers, body: `${body} ` }),
        await send(url, await sealed(callbackOf(), 'a guess')),
        await send(url, await sealed(callbackOf(), KEY, 'wrong')),
        await send(url, await sealed(challenge, KEY, 'wrong')),
        await send(url, { body: '{"encrypt":"bm90aGluZw=="}' }),
      ]
      const seen = await Promise.all(
        answers.map(async (each) => `${each.status} ${await each.text()}`),
      )
      expect(new Set(seen).size).toBe(1)
      expect(seen[0]).toMatch(/^401 .*not authentic/)
    },
  },
  {
    name: 'authentic: 200 accepted',
    async run({ url }) {
      const answer = await send(url, await sealed(callbackOf()))
      expect([answer.status, await answer.json()]).toEqual([200, { code: 0, msg: 'accepted' }])
    },
  },
  {
    name: 'the second time: 200 duplicate',
    async run({ url }) {
      const event = callbackOf()
      expect(await post(url, event)).toBe('200 accepted')
      expect(await post(url, event)).toBe('200 duplicate')
      const ts = String(Date.now() / 1000 - 31 * 24 * 60 * 60)
      expect(await post(url, callbackOf({}, { ts }))).toBe('200 duplicate')
    },
  },
  {
    name: 'a type that is not taken: 200 ignored',
    async run({ url }) {
      expect(await post(url, callbackOf({ type: 'approval_task' }))).toBe('200 ignored')
    },
  },
  {
    name: 'not what its schema says: 200 quarantined',
    async run({ url }) {
      expect(await post(url, callbackOf({ operate: 'DELETE' }))).toBe('200 quarantined')
      expect(await post(url, callbackOf({}, { uuid: undefined }))).toBe('200 quarantined')
    },
  },
  {
    name: 'the store cannot take it: 503 with Retry-After',
    async run(_, place) {
      await using folder = await openFolder({ 'routes.yaml': NO_SINKS })
      await using started = await place.startUnable(folder)
      const answer = await send(started.url, await sealed(callbackOf()))
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ detail: 'The event cannot be stored now.' })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      const ready = await fetch(`${started.url}/readyz`)
      expect(ready.status).toBe(503)
    },
  },
  {
    name: '/healthz and /readyz',
    async run({ url }) {
      expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
      expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' })
    },
  },
  {
    name: '/metrics and /api: with ADMIN_TOKEN only',
    async run({ url }) {
      for (const path of ['/metrics', '/api/events']) {
        const statuses = ['', 'Bearer a wrong guess', `Bearer ${ADMIN_TOKEN}`].map(
          async (Authorization) =>
            (await fetch(`${url}${path}`, { headers: { Authorization } })).status,
        )
        expect([path, ...(await Promise.all(statuses))]).toEqual([path, 401, 401, 200])
      }
    },
  },
  {
    name: '/api/stream tells of an event, /api/explain why it went where',
    async run({ url }) {
      const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' }
      const leave = new AbortController()
      const stream = await fetch(`${url}/api/stream`, { headers, signal: leave.signal })
      const callback = callbackOf()
      await post(url, callback)
      let text = ''
      for await (const part of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part
        if (text.includes(`"id":"${callback.uuid}"`)) break
      }
      expect(text).toContain('event: event\n')
      leave.abort()
      const body = JSON.stringify({ id: callback.uuid })
      const explained = await fetch(`${url}/api/explain`, { method: 'POST', headers, body })
      expect(await explained.json()).toMatchObject({ id: callback.uuid, problems: [] })
      const described = await fetch(`${url}/api/openapi.json`, { headers })
      expect(await described.json()).toMatchObject({ openapi: '3.1.0' })
    },
  },
]
