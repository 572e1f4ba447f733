import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { status } from '../receiver.ts'
import { callbackOf, openFolder, post, sealed } from '../serve.ts'
import { eventually } from './eventually.ts'
import { ADMIN_TOKEN } from './places.ts'
import type { Row } from './rows.ts'
import {
  HOOK_SECRET,
  patternCases,
  type World,
  wrongPatterns,
  wrongRoutesYaml,
  wrongTexts,
  wrongTextsYaml,
} from './world.ts'

async function ask(url: string, path: string, body?: object) {
  const answer = await fetch(`${url}${path}`, {
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: Object(await answer.json()) }
}

/** An event that only one sink wants. */
function eventFor(sink: string) {
  return callbackOf({ user_id: sink })
}

function idsAt(world: World, path: string): string[] {
  return world.at(path).map(({ headers }) => String(headers['webhook-id']))
}

/** The numbers of the routes whose patterns have problems. */
function routesNamed(text: string): ReadonlySet<number> {
  return new Set(Array.from(text.matchAll(/ routes\.(\d+)\.match/g), ([, n]) => Number(n)))
}

export const deliveryRows: readonly Row[] = [
  {
    name: 'filters: every case, by callbacks',
    async run(world) {
      const events = patternCases.flatMap(({ match, miss }, case_number) =>
        [...match, ...miss].map((event, index) => ({
          ...callbackOf(),
          event: { app_id: 'cli_1', tenant_key: 't1', type: 'pattern_case', ...event, case_number },
          isWanted: index < match.length,
        })),
      )
      for (const { isWanted: _, ...callback } of events) {
        const message = await sealed(callback)
        const answer = await fetch(`${world.url}/webhook/cases`, { method: 'POST', ...message })
        expect(await answer.json()).toEqual({ code: 0, msg: 'accepted' })
      }
      const wanted = events.filter(({ isWanted }) => isWanted).map(({ uuid }) => uuid)
      await eventually(async () => {
        const sinks = await ask(world.url, '/api/deliveries?state=pending&sink=cases')
        expect(sinks.body.items).toEqual([])
      })
      const delivered = world.at('/cases').map(({ body }) => JSON.parse(body).uuid)
      expect(delivered.toSorted()).toEqual(wanted.toSorted())
    },
  },
  {
    name: 'filters: every wrong pattern is refused',
    async run(_, place) {
      await using folder = await openFolder({ 'routes.yaml': wrongRoutesYaml() })
      const { code, stderr } = await place.check(folder)
      const named = routesNamed(stderr)
      expect(code).toBe(2)
      expect(wrongPatterns.filter((_, index) => !named.has(index))).toEqual([])
    },
  },
  {
    name: 'filters: a wrong text by a variable, and nothing is served',
    async run(_, place) {
      await using folder = await openFolder({ 'routes.yaml': wrongTextsYaml() })
      const variables = Object.fromEntries(wrongTexts.map(({ name, text }) => [name, text]))
      const named = routesNamed(await place.refusal(folder, variables))
      expect(wrongTexts.filter((_, index) => !named.has(index))).toEqual([])
    },
  },
  {
    name: 'a delivery is signed for its receiver',
    async run(world) {
      const event = eventFor('hook')
      await post(world.url, event)
      await eventually(() => expect(idsAt(world, '/hook')).toEqual([event.uuid]))
      for (const { body, headers } of world.at('/hook')) {
        const verified = new Webhook(HOOK_SECRET).verify(body, headers as Record<string, string>)
        expect(verified).toMatchObject({ uuid: event.uuid })
      }
    },
  },
  {
    name: 'a plugin delivers',
    async run(world) {
      const event = eventFor('postcard')
      await post(world.url, event)
      await eventually(() =>
        expect(world.at('/postcard').map(({ body }) => body)).toEqual([event.uuid]),
      )
    },
  },
  {
    name: 'what fails is tried again',
    async run(world) {
      world.answer('/patient', status(500), status(302, { Location: '/hook' }), status(200))
      await post(world.url, eventFor('patient'))
      await eventually(() => expect(world.at('/patient')).toHaveLength(3))
      await eventually(async () => {
        const { body } = await ask(world.url, '/api/deliveries?state=delivered&sink=patient')
        expect(body.items).toMatchObject([{ attempts: 3 }])
      })
    },
  },
  {
    name: 'a dead letter is owed again by the API',
    async run(world) {
      world.answer('/once', status(500), status(200))
      await post(world.url, eventFor('once'))
      const state = (name: string) => async () => {
        const { body } = await ask(world.url, `/api/deliveries?state=${name}&sink=once`)
        expect(body.items).toHaveLength(1)
      }
      await eventually(state('dead'))
      const retried = await ask(world.url, '/api/deliveries/retry', { filter: { sink: 'once' } })
      expect(retried).toEqual({ status: 200, body: { dry_run: false, retried: 1 } })
      await eventually(state('delivered'))
    },
  },
]

/** Their sinks fail, or the gateway itself. */
export const outageRows: readonly Row[] = [
  {
    name: 'an outage of 10 s, begun before all these: its event within 2 s',
    isLong: true,
    async run(world) {
      const lateMs = Promise.withResolvers<number>()
      let recoversAt: number | undefined
      world.answer('/failing', (response, request) => {
        const now = Date.now()
        recoversAt ??= now + 10_000
        if (now < recoversAt) return status(503)(response, request)
        status(200)(response, request)
        lateMs.resolve(now - recoversAt)
      })
      expect(await post(world.url, eventFor('failing'))).toBe('200 accepted')
      expect(await lateMs.promise).toBeLessThan(2000)
      await eventually(async () => {
        const { body } = await ask(world.url, '/api/deliveries?state=delivered&sink=failing')
        expect(body.items).toHaveLength(1)
      })
    },
  },
  {
    name: 'killed between accept and delivery: delivered after the start',
    async run(world) {
      // The first request is never answered.
      world.answer('/patient', () => {}, status(200))
      const before = world.at('/patient').length
      const event = eventFor('patient')
      expect(await post(world.url, event)).toBe('200 accepted')
      await eventually(() => expect(world.at('/patient')).toHaveLength(before + 1))
      await world.killAndStart()
      await eventually(() => expect(world.at('/patient')).toHaveLength(before + 2))
      expect(await post(world.url, event)).toBe('200 duplicate')
    },
  },
]
