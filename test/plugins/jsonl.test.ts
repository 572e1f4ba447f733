import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { appendFile, mkdtemp, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import jsonl from '../../plugins/jsonl.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { sampleEvent } from '../sample-event.ts'
import { context, eventWith, testSink } from '../suites/sink.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

async function openFile(path = 'events.jsonl', sync = false) {
  const folder = await mkdtemp(join(tmpdir(), 'lark-fanout-'))
  const file = join(folder, path)
  const sink = await jsonl.open({ path, sync }, createNodeRuntime({ folder, log }))
  return { folder, file, sink }
}

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)

testSink('the jsonl plugin, by the law of sinks', async () => {
  const { folder, file, sink } = await openFile()
  return {
    sink,
    arrived() {
      if (statSync(file).isDirectory()) return []
      const lines = linesOf(file).map((line) => JSON.parse(line))
      return lines.map(({ id, event }) => ({ id, data: event }))
    },
    refuse() {
      rmSync(file)
      mkdirSync(file)
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  }
})

describe('jsonl', () => {
  test.each([true, false])('one line says everything of an event (sync: %s)', async (sync) => {
    const { file, sink } = await openFile('events.jsonl', sync)
    await sink.deliver(sampleEvent(), context())
    expect(linesOf(file).map((line) => JSON.parse(line))).toEqual([
      {
        id: 'bc447199585340d1f3728d26b1c0297a',
        type: 'approval_cc',
        app_id: 'cli_a0000000000000ff',
        tenant_key: '2d520d3b434f175e',
        via: 'feishu',
        time: '2017-08-08T13:33:27.717Z',
        event: sampleEvent().data,
      },
    ])
  })

  test('a line that a crash cut in half spoils only itself', async () => {
    const { file, sink } = await openFile()
    await sink.deliver(eventWith({}, 'whole'), context())
    await appendFile(file, '{"id":"ha')
    await sink.deliver(eventWith({}, 'next'), context())
    const ids = linesOf(file).map((line) => /"id":"(\w+)"/.exec(line)?.[1])
    expect(ids).toEqual(['whole', undefined, 'next'])
  })

  test('a file that is moved away is begun anew', async () => {
    const { file, sink } = await openFile()
    await sink.deliver(eventWith({}, 'old'), context())
    await rename(file, `${file}.1`)
    await sink.deliver(eventWith({}, 'new'), context())
    expect(linesOf(`${file}.1`)).toHaveLength(1)
    expect(linesOf(file)).toHaveLength(1)
  })

  test('a failed write fails its own deliveries, and not the later ones', async () => {
    const { file, sink } = await openFile()
    rmSync(file)
    mkdirSync(file)
    const refused = [1, 2].map(() => sink.deliver(sampleEvent(), context()))
    const results = await Promise.allSettled(refused)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    rmSync(file, { recursive: true })
    await sink.deliver(sampleEvent(), context())
    expect(linesOf(file)).toHaveLength(1)
  })

  test('a folder that cannot be made refuses the file of routes', async () => {
    await expect(openFile('/dev/null/events.jsonl')).rejects.toThrow('/dev/null')
  })
})
