import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import { readEnvironment } from '../../src/hosts/environment.ts'
import { openNodeStore } from '../../src/hosts/node-store.ts'
import { describeStore } from '../../src/hosts/store-address.ts'
import { recordingLog } from '../log.ts'

const SECRET = 'hunter2'

function problemsOf(env: Record<string, string>): string[] {
  try {
    readEnvironment(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('DATABASE_URL', () => {
  test.each([
    [undefined, 'sqlite:./data/lark-fanout.db'],
    ['memory:', 'memory:'],
    ['sqlite:/var/lib/a.db', 'sqlite:/var/lib/a.db'],
    ['sqlite:///var/lib/a.db', 'sqlite:/var/lib/a.db'],
    [`postgres://me:${SECRET}@db.internal/events`, 'postgres://db.internal/events'],
    [
      `postgresql://me:${SECRET}@db.internal:6432/events?sslmode=verify-full&password=${SECRET}`,
      'postgresql://db.internal:6432/events',
    ],
    [`postgres://me:p@${SECRET}@[::1]:5432/events`, 'postgres://[::1]:5432/events'],
    [`postgres:///events?host=/run/pg&user=me&password=${SECRET}`, 'postgres:///run/pg/events'],
  ])('%s is the store %s, as the log has it', (DATABASE_URL, said) => {
    const { store } = readEnvironment(DATABASE_URL === undefined ? {} : { DATABASE_URL })
    expect(describeStore(store)).toBe(said)
  })

  test('may come with DATABASE_DIRECT_URL, which leads past a pooler', () => {
    const DATABASE_URL = `postgres://me:${SECRET}@pooler:6432/events`
    const DATABASE_DIRECT_URL = `postgres://me:${SECRET}@db/events`
    const { store } = readEnvironment({ DATABASE_URL, DATABASE_DIRECT_URL })
    expect(store).toEqual({ kind: 'postgres', url: DATABASE_URL, directUrl: DATABASE_DIRECT_URL })
    expect(readEnvironment({ DATABASE_URL, DATABASE_DIRECT_URL: '' }).store).toEqual({
      kind: 'postgres',
      url: DATABASE_URL,
      directUrl: undefined,
    })
  })

  const FORM = /must be postgres:\/\/<user>:<password>@<host>:<port>\/<database>.*percent-encode/

  test.each([
    [`mysql://me:${SECRET}@db/events`, /must be sqlite:<file>, postgres:.* or memory:/],
    [`postgres://me:${SECRET}@db`, FORM],
    [`postgres://me:${SECRET}@db/`, FORM],
    [`postgres://me:${SECRET}@/events`, FORM],
    [`postgres://me:#${SECRET}@db/events`, FORM],
    [`postgres://me:1/${SECRET}@db`, FORM],
    [`postgres:${SECRET}`, FORM],
    [`postgres://me:${SECRET}@one:5432,two:5432/events`, FORM],
    [`postgres://me:${SECRET}@db/events?sslmode=verify_full`, /sslmode must be one of disable, /],
  ])('%s is refused, and not repeated', (url, expected) => {
    const problems = problemsOf({ DATABASE_URL: url })
    expect(problems).toEqual([expect.stringMatching(expected)])
    expect(problems.join()).toMatch(/^DATABASE_URL: /)
    expect(problems.join()).not.toContain(SECRET)
  })

  test('a DATABASE_DIRECT_URL is refused beside another store, and where it is none', () => {
    const DATABASE_DIRECT_URL = `postgres://me:${SECRET}@db/events`
    const only = 'DATABASE_DIRECT_URL: is only for a DATABASE_URL of postgres://'
    expect(problemsOf({ DATABASE_DIRECT_URL })).toEqual([only])
    const both = { DATABASE_URL: DATABASE_DIRECT_URL, DATABASE_DIRECT_URL: `sqlite:${SECRET}` }
    expect(problemsOf(both)).toEqual([
      expect.stringMatching(/^DATABASE_DIRECT_URL: must be postgres/),
    ])
    expect(problemsOf(both).join()).not.toContain(SECRET)
  })
})

test('a store that is open is in the log', async () => {
  const log = recordingLog()
  const store = await openNodeStore({ kind: 'memory' }, { log })
  await store.close()
  expect(log.lines).toEqual(['info the store is open {"store":"memory:"}'])
})

test('a database that is not there is named at once to a command, without what is secret', async () => {
  const { store } = readEnvironment({ DATABASE_URL: `postgres://me:${SECRET}@127.0.0.1:1/events` })
  const log = recordingLog()
  const opened = openNodeStore(store, { log, beside: true })
  await expect(opened).rejects.toThrow('127.0.0.1:1')
  await expect(opened).rejects.not.toThrow(SECRET)
  expect(log.lines.join()).not.toContain(SECRET)
})
