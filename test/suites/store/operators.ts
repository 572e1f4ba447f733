import { describe, expect, test } from 'vitest'
import type { AuditEntry, Pause } from '../../../src/core/ledger.ts'
import { T } from '../../stores/samples.ts'
import type { Given } from './given.ts'

export function operatorLaws(given: Given): void {
  const bySink = (pauses: readonly Pause[]) =>
    pauses.toSorted((a, b) => `${a.sink} ${a.by}`.localeCompare(`${b.sink} ${b.by}`))

  test('pauses: one a sink and `by`, the later one; a resume ends all of its sink', async () => {
    const lake: Pause = { sink: 'lake', by: 'operator', at: T, options: '' }
    const gone: Pause = { sink: 'lake', by: 'receiver', at: T + 1, options: 'a1b2c3d4' }
    const hr: Pause = { sink: 'hr', by: 'operator', at: T + 2, options: '' }
    expect(await given.store.pauses()).toEqual([])
    for (const one of [{ ...lake, at: 1 }, lake, gone, hr]) await given.store.pause(one)
    expect(bySink(await given.store.pauses())).toEqual([hr, lake, gone])
    const changed = { ...gone, at: T + 3, options: 'ffffffff' }
    await given.store.pause(changed)
    expect(bySink(await given.store.pauses())).toEqual([hr, lake, changed])
    await given.store.resume('lake')
    await given.store.resume('nobody')
    expect(await given.store.pauses()).toEqual([hr])
  })

  test('one pause alone is ended, and only while it is about those options', async () => {
    const lake: Pause = { sink: 'lake', by: 'operator', at: T, options: '' }
    const gone: Pause = { sink: 'lake', by: 'receiver', at: T + 1, options: 'a1b2c3d4' }
    for (const one of [lake, gone]) await given.store.pause(one)
    await given.store.resume('lake', { by: 'receiver', options: 'ffffffff' })
    await given.store.resume('hr', gone)
    expect(bySink(await given.store.pauses())).toEqual([lake, gone])
    await given.store.resume('lake', gone)
    expect(await given.store.pauses()).toEqual([lake])
  })

  describe('audit', () => {
    const entry: AuditEntry = {
      at: T,
      actor: 'cli alice@host',
      action: 'replay',
      request: { since: '2026-11-22', match: { operate: ['READ', null] }, dry_run: false },
      outcome: null,
    }

    test('newest first, page by page, each with its id', async () => {
      const ids: string[] = []
      for (const action of ['pause', 'resume', 'retry', 'replay', 'discard'] as const) {
        ids.push(await given.store.record({ ...entry, action }))
      }
      const first = await given.store.audit({ limit: 3 })
      expect(first.items).toMatchObject([
        { ...entry, action: 'discard', id: ids[4] },
        { ...entry, action: 'replay', id: ids[3] },
        { ...entry, action: 'retry', id: ids[2] },
      ])
      const second = await given.store.audit({ limit: 3, cursor: first.next ?? undefined })
      expect(second.items.map(({ id }) => id)).toEqual([ids[1], ids[0]])
      expect(second.next).toBe(null)
    })

    test('an outcome is null until it is concluded, and stays with its entry', async () => {
      const [id, other] = [await given.store.record(entry), await given.store.record(entry)]
      await given.store.conclude(id, { events: 3, sinks: { lake: 2 } })
      await given.store.conclude('999', { error: 'nobody’s' })
      expect((await given.store.audit({ limit: 9 })).items).toEqual([
        { ...entry, id: other },
        { ...entry, id, outcome: { events: 3, sinks: { lake: 2 } } },
      ])
      const done = { ...entry, outcome: { paused: true } }
      await given.store.record(done)
      expect((await given.store.audit({ limit: 1 })).items).toMatchObject([done])
    })
  })
}
