import { expect, test } from 'vitest'
import { createFeed } from '../../src/core/feed.ts'
import type { LiveSource, Plan } from '../../src/core/plan.ts'
import type { Source, Take, WantedApproval } from '../../src/core/plugin.ts'
import { createGateway } from '../../src/gateway.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { openMemoryStore } from '../../src/stores/memory.ts'
import { recordingLog } from '../log.ts'
import { sampleEvent } from '../sample-event.ts'
import { emptyPlan } from '../settings.ts'

function setup() {
  const log = recordingLog()
  const runtime = createNodeRuntime({ folder: '.', log })
  const results: string[] = []
  const feed = createFeed()
  feed.follow((happening) => {
    if (happening.kind !== 'received') return
    results.push(`${happening.source} ${happening.type} ${happening.result}`)
  })
  const open = (...sources: LiveSource[]) => {
    const plan = planOf(...sources)
    return createGateway({ plan, store: openMemoryStore(), runtime, feed, wakeAt() {} })
  }
  return { log, results, open }
}

function planOf(...sources: LiveSource[]): Plan {
  const approvals = (source: string) => [{ code: `of ${source}`, places: [] }]
  return { ...emptyPlan, sources, approvals }
}

/** Keeps what is asked of it. */
function recorded(name: string, more: Partial<Source> = {}) {
  const asked: string[] = []
  let take: Take | undefined
  const source: Source = {
    connect(given) {
      take = given
      asked.push('connect')
    },
    connected: () => take !== undefined,
    async subscribe(approvals: readonly WantedApproval[]) {
      asked.push(`subscribe ${approvals.map(({ code }) => code)}`)
      return []
    },
    close: async () => void asked.push('close'),
    ...more,
  }
  const events = '*' as const
  const live = { name, path: undefined, events, accepts: () => true, source, fingerprint: name }
  return { live, asked, take: ((received) => take?.(received) ?? Promise.reject()) satisfies Take }
}

const event = (id: string) => {
  return { kind: 'event' as const, event: sampleEvent({ id, time: Date.now() }), problems: [] }
}

test('a source is connected when the host says so, lives through reloads, and is closed once', async () => {
  const [stays, goes, comes] = [recorded('stays'), recorded('goes'), recorded('comes')]
  const gateway = setup().open(stays.live, goes.live)
  expect([stays.asked, goes.asked]).toEqual([[], []])
  gateway.connect()
  expect(stays.asked).toEqual(['connect', 'subscribe of stays'])
  gateway.follow(planOf(stays.live, comes.live))
  expect(stays.asked).toEqual(['connect', 'subscribe of stays', 'subscribe of stays'])
  expect(goes.asked).toEqual(['connect', 'subscribe of goes', 'close'])
  expect(comes.asked).toEqual(['connect', 'subscribe of comes'])
  await gateway.close()
  gateway.follow(planOf(recorded('late').live, comes.live))
  expect([stays.asked.at(-1), comes.asked.at(-1)]).toEqual(['close', 'close'])
  expect(goes.asked.filter((what) => what === 'close')).toHaveLength(1)
})

test('what a source brings is stored, by its name and rules of now, and counted', async () => {
  const { open, results } = setup()
  const { live, take } = recorded('ws')
  const gateway = open(live)
  gateway.connect()
  await take(event('one'))
  await take(event('one'))
  await take({ ...event(''), problems: ['no id'] })
  await expect(take(Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable')
  gateway.follow(planOf({ ...live, accepts: () => false }))
  await take(event('two'))
  // One that it is still bringing when it has left routes.yaml is stored as well.
  gateway.follow(planOf(live))
  gateway.follow(planOf())
  await take(event('three'))
  const expected = ['accepted', 'duplicate', 'quarantined', 'rejected', 'ignored', 'accepted']
  expect(results.map((result) => result.split(' ').at(-1))).toEqual(expected)
  expect(results[3]).toBe('ws  rejected')
  await gateway.close()
})

test('a source that fails in every way breaks nothing', async () => {
  const fail = (what: string) => () => {
    throw new Error(`cannot ${what}`)
  }
  const broken = recorded('broken', {
    connect: fail('connect'),
    connected: fail('say'),
    subscribe: async () => fail('subscribe')(),
    close: async () => fail('close')(),
  })
  const { open, log } = setup()
  const fine = recorded('fine')
  const gateway = open(broken.live, fine.live)
  gateway.connect()
  expect(fine.asked).toContain('connect')
  expect(gateway.connections()).toEqual([
    { source: 'broken', connected: false },
    { source: 'fine', connected: true },
  ])
  await gateway.close()
  expect(fine.asked).toContain('close')
  for (const what of ['connect', 'say', 'subscribe', 'close'])
    expect(log.lines.join()).toContain(`"source":"broken","error":"cannot ${what}"`)
})
