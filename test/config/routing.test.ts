import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createRouting } from '../../src/config/routing.ts'
import type { Event, JsonObject } from '../../src/core/event.ts'
import { OWN } from '../../src/core/own-events.ts'
import type { Routing } from '../../src/core/plan.ts'
import { defineSink } from '../../src/core/plugin.ts'
import { english } from '../../src/core/reason-words.ts'
import { sampleEvent } from '../sample-event.ts'
import { load, sourceTypes, type Texts } from './load-text.ts'

/** A sink that can tell what it sends. */
const echo = defineSink({
  type: 'echo',
  options: { type: 'object', properties: { greeting: { type: 'string' } } },
  preview: ({ data }, { greeting }) => `${greeting} ${data.user_id}`,
  open: () => ({ deliver: async () => {} }),
})

/** One that cannot. */
const mute = defineSink({
  type: 'mute',
  options: { type: 'object', properties: {} },
  open: () => ({ deliver: async () => {} }),
})

async function routingOf(texts: Texts, env: Record<string, string> = {}): Promise<Routing> {
  const resolveSink = async (type: string) => [echo, mute].find((known) => known.type === type)
  return createRouting(await load(texts, { env, resolveSink }), {
    validate: () => [],
    sourceType: (type) => sourceTypes.find((known) => known.type === type),
    // As of a plugin that has to be loaded first.
    sinkType: resolveSink,
  })
}

const HEAD = `version: 1
sources:
  feishu: { type: feishu, verification_token: t }
  lark: { type: feishu, path: /lark, verification_token: t, events: [approval_cc, approval_task] }
sinks:
  finance: { type: echo, greeting: hello }
  lake: { type: mute }
`

interface Case {
  readonly pattern: JsonObject
  readonly match: readonly unknown[]
  readonly miss: readonly unknown[]
}
const fixtures = new URL('../fixtures/patterns.yaml', import.meta.url)
const cases: readonly Case[] = parse(readFileSync(fixtures, 'utf8')).valid

test('law: a route is explained with a reason if and only if it does not send', async () => {
  const routes = cases.map(({ pattern }, index) => {
    const from = index % 3 === 0 ? 'from: [lark], ' : ''
    const enabled = index % 5 !== 0
    const match = JSON.stringify(pattern)
    return `  - { name: r${index}, ${from}enabled: ${enabled}, match: ${match}, to: [lake] }\n`
  })
  const routing = await routingOf(`${HEAD}routes:\n${routes.join('')}`)
  let sent = 0
  for (const data of cases.flatMap(({ match, miss }) => [...match, ...miss])) {
    const event = sampleEvent({ data: data as JsonObject })
    for (const { route, why } of routing.explain(event)) {
      const sends = routing.route(event, route).length > 0
      expect([route, why === undefined]).toEqual([route, sends])
      if (sends) sent++
    }
  }
  expect(sent).toBeGreaterThan(0)
})

test('why names the first condition that failed, as the author wrote them', async () => {
  const routing = await routingOf(`${HEAD}routes:
  - { name: all, to: [finance, lake] }
  - { name: z, match: { user_id: nobody, operate: READ, approval_code: x }, to: [lake] }
  - { name: off, enabled: false, match: { operate: READ }, to: [lake] }
  - { name: elsewhere, from: [lark], match: { operate: READ }, to: [lake] }
`)
  expect(routing.explain(sampleEvent())).toEqual([
    { route: 'all', to: ['finance', 'lake'], why: undefined },
    { route: 'z', to: ['lake'], why: 'user_id: "b613t51g" is not one of "nobody"' },
    { route: 'off', to: ['lake'], why: 'not enabled' },
    { route: 'elsewhere', to: ['lake'], why: 'takes only what comes by lark' },
  ])
})

test('an event of no source in particular comes by any that accepts its type', async () => {
  const routing = await routingOf(`${HEAD}routes:
  - { name: any, to: [lake] }
  - { name: one, from: [feishu], to: [lake] }
`)
  const whysOf = (type: string) =>
    routing.explain(sampleEvent({ via: '', type })).map(({ why }) => why)
  expect(whysOf('approval_cc')).toEqual([undefined, undefined])
  expect(whysOf('approval_task')).toEqual([undefined, 'takes only what comes by feishu'])
  const nobodys = 'no source accepts events of type "leave_approval"'
  expect(whysOf('leave_approval')).toEqual([nobodys, nobodys])
})

test('why is said in the words that are given, and shows nothing from outside in any', async () => {
  const routing = await routingOf(
    `${HEAD}routes:
  - { name: off, enabled: false, to: [lake] }
  - { name: elsewhere, from: [lark], to: [lake] }
  - { name: boss, match: { user_id: "\${BOSS}" }, to: [lake] }
`,
    { BOSS: 'top-secret' },
  )
  const words = {
    ...english,
    disabled: '未启用',
    ownEvent: '网关自身的事件',
    noSource: (type: string) => `没有来源: ${type}`,
    onlyFrom: (sources: string) => `只接受 ${sources}`,
    noneOf: (found: string, wanted: string) => `${found} 不等于 ${wanted}`,
  }
  const whysOf = (event: Partial<Event>) =>
    routing.explain(sampleEvent(event), undefined, words).map(({ why }) => why)
  expect(whysOf({})).toEqual(['未启用', '只接受 lark', `user_id: "b613t51g" 不等于 "\${BOSS}"`])
  const none = '没有来源: "x"'
  expect(whysOf({ via: '', type: 'x' })).toEqual(['未启用', none, none])
  const own = whysOf({ via: OWN })
  expect(own).toEqual(['未启用', '网关自身的事件', '网关自身的事件'])
})

test('routes are as they are written, with their places, and show nothing from outside', async () => {
  const texts = {
    'routes.yaml': `${HEAD}routes:
  - name: a
    from: [feishu]
    match: { user_id: "\${BOSS}", operate: CREATE, $or: [{ id: "x\${BOSS}" }, { id: [y] }] }
    to: [lake]
`,
    'routes.d/team.yaml': `routes:
  - { name: b, enabled: false, match: { user_id: ["\${BOSS}"] }, to: [finance] }
`,
  }
  const routing = await routingOf(texts, { BOSS: 'top-secret' })
  const boss = `\${BOSS}`
  expect(routing.written).toEqual([
    {
      name: 'a',
      from: ['feishu'],
      match: { user_id: boss, operate: 'CREATE', $or: [{ id: `x${boss}` }, { id: ['y'] }] },
      to: ['lake'],
      enabled: true,
      file: 'routes.yaml',
      line: 9,
    },
    {
      name: 'b',
      match: { user_id: [boss] },
      to: ['finance'],
      enabled: false,
      file: 'routes.d/team.yaml',
      line: 2,
    },
  ])
  const [a] = routing.explain(sampleEvent())
  expect(a?.why).toBe(`user_id: "b613t51g" is not one of "${boss}"`)
})

test('a preview is what the type says; there is none of other types, or of no sink', async () => {
  const routing = await routingOf(`${HEAD}routes: [{ name: all, to: [finance, lake] }]\n`)
  expect(await routing.preview('finance', sampleEvent())).toBe('hello b613t51g')
  expect(await routing.preview('lake', sampleEvent())).toBeUndefined()
  expect(await routing.preview('nobody', sampleEvent())).toBeUndefined()
})
