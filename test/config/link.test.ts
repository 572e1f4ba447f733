import { expect, test, vi } from 'vitest'
import type { Config, RouteConfig, SinkConfig, SourceConfig } from '../../src/config/config.ts'
import { link } from '../../src/config/link.ts'
import { ConfigError } from '../../src/core/errors.ts'
import { defineSource, type SinkType } from '../../src/core/plugin.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { feishu } from '../../src/sources/feishu.ts'
import { silentLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { emptyPlan, settings } from '../settings.ts'

function sink(name: string, fingerprint = name): SinkConfig {
  return { name, type: 'counting', settings, options: { name }, fingerprint }
}

function route(name: string, to: string[], more: Partial<RouteConfig> = {}): RouteConfig {
  return { name, to, from: undefined, match: undefined, enabled: true, ...more }
}

function configOf(sinks: SinkConfig[], routes: RouteConfig[] = []): Config {
  const source = { name: 'feishu', type: 'feishu', path: '/in', events: ['approval_cc'] }
  return {
    sources: [{ ...source, options: { verification_token: 't' }, fingerprint: 'feishu' }],
    sinks,
    routes,
    retention: emptyPlan.retention,
    alerts: null,
    egress: {},
    schemas: {},
    redact: [],
    approvals: new Map(),
    warnings: [],
    words: [],
    hiddenText: '',
  }
}

/** Counts what is opened and closed; a sink called `broken` does not open. */
function setup() {
  const opened: string[] = []
  const closed: string[] = []
  const counting: SinkType = {
    type: 'counting',
    options: {},
    open(options) {
      const name = String(Object(options).name)
      if (name === 'broken') throw new Error('no such host')
      opened.push(name)
      return { async deliver() {}, close: async () => void closed.push(name) }
    },
  }
  const context = {
    sourceType: (type: string) => (type === 'feishu' ? feishu : undefined),
    sinkType: (type: string) => (type === 'counting' ? counting : undefined),
    validate: () => [],
    runtime: createNodeRuntime({ folder: '.', log: silentLog }),
  }
  return { opened, closed, context }
}

test('a sink that opens too late is closed again', async () => {
  vi.useFakeTimers()
  const { closed, context } = setup()
  const slow: SinkType = {
    type: 'counting',
    options: {},
    async open() {
      await new Promise((resolve) => setTimeout(resolve, 60_000))
      return { async deliver() {}, close: async () => void closed.push('slow') }
    },
  }
  const linked = link(configOf([sink('slow')]), { ...context, sinkType: () => slow })
  const rejected = expect(linked).rejects.toThrow('sinks.slow: cannot be opened: not within 5 s')
  await vi.advanceTimersByTimeAsync(60_000)
  await rejected
  expect(closed).toEqual(['slow'])
  vi.useRealTimers()
})

test('a sink is owed an event once, in the order of the file', async () => {
  const routes = [
    route('one', ['b', 'a']),
    route('two', ['a', 'c'], { match: { operate: 'CREATE' } }),
    route('off', ['d'], { enabled: false }),
    route('elsewhere', ['d'], { from: ['other'] }),
    route('reads', ['d'], { match: { operate: 'READ' } }),
  ]
  const plan = await link(
    configOf(
      ['a', 'b', 'c', 'd'].map((name) => sink(name)),
      routes,
    ),
    setup().context,
  )
  expect(plan.route(sampleEvent())).toEqual(['b', 'a', 'c'])
})

test('match sees type, app_id and tenant_key, from the header too', async () => {
  const match = { type: 'approval_cc', app_id: 'cli_9', tenant_key: 't9' }
  const plan = await link(configOf([sink('a')], [route('r', ['a'], { match })]), setup().context)
  const event = sampleEvent({ appId: 'cli_9', tenantKey: 't9', data: { app_id: 'another' } })
  expect(plan.route(event)).toEqual(['a'])
  expect(plan.route(sampleEvent())).toEqual([])
})

test('sinks with equal options live on; the others are opened anew', async () => {
  const { context, opened, closed } = setup()
  const first = await link(configOf([sink('a'), sink('b')]), context)
  const second = await link(configOf([sink('a'), sink('b', 'changed'), sink('c')]), context, first)
  expect(opened).toEqual(['a', 'b', 'b', 'c'])
  expect(second.sinks.get('a')?.sink).toBe(first.sinks.get('a')?.sink)
  expect(second.sinks.get('b')?.sink).not.toBe(first.sinks.get('b')?.sink)
  expect(closed).toEqual([])
})

test('when one does not open, those just opened are closed, and those in use are not', async () => {
  const { context, closed } = setup()
  const first = await link(configOf([sink('a')]), context)
  const linking = link(configOf([sink('a'), sink('b'), sink('broken')]), context, first)
  await expect(linking).rejects.toEqual(
    new ConfigError([{ path: 'sinks.broken', message: 'cannot be opened: no such host' }]),
  )
  expect(closed).toEqual(['b'])
})

/** A source that counts like the sinks do. */
function connecting({ opened, closed, context }: ReturnType<typeof setup>, more = {}) {
  const type = defineSource({
    type: 'ws',
    connects: true,
    options: {},
    open(options) {
      const name = String(Object(options).name)
      opened.push(name)
      return { connect() {}, close: async () => void closed.push(name), ...more }
    },
  })
  return { ...context, sourceType: () => type }
}

function source(name: string, fingerprint = name, more: Partial<SourceConfig> = {}): SourceConfig {
  const plain = { name, type: 'ws', path: undefined, events: ['a'], options: { name } }
  return { ...plain, fingerprint, ...more }
}

const withSources = (...sources: SourceConfig[]) => ({ ...configOf([sink('s')]), sources })

test('sources with equal options live on, with the event types of now; the others are opened anew', async () => {
  const counts = setup()
  const context = connecting(counts)
  const first = await link(withSources(source('a'), source('b')), context)
  const changed = withSources(source('a', 'a', { events: ['x'] }), source('b', 'changed'))
  const second = await link(changed, context, first)
  expect(counts.opened).toEqual(['a', 'b', 's', 'b'])
  const [before, after] = [first.sources[0], second.sources[0]]
  expect(after?.source).toBe(before?.source)
  expect([before?.accepts('x'), after?.accepts('x')]).toEqual([false, true])
  expect(second.sources[1]?.source).not.toBe(first.sources[1]?.source)
  expect(counts.closed).toEqual([])
})

test('when a sink does not open, sources just opened are closed, and those in use are not', async () => {
  const counts = setup()
  const context = connecting(counts)
  const first = await link(withSources(source('a')), context)
  const broken = { ...configOf([sink('broken')]), sources: [source('a'), source('b')] }
  await expect(link(broken, context, first)).rejects.toThrow('sinks.broken: cannot be opened')
  expect(counts.closed).toEqual(['b'])
})

test('a source that cannot do what its type says is a problem', async () => {
  const context = connecting(setup(), { connect: undefined })
  await expect(link(withSources(source('a')), context)).rejects.toThrow(
    'sources.a: cannot be opened: its open must return { connect }',
  )
})
