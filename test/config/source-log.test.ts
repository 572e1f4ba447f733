import { expect, test } from 'vitest'
import { link } from '../../src/config/link.ts'
import { defineSource } from '../../src/core/plugin.ts'
import { createNodeRuntime } from '../../src/hosts/node-runtime.ts'
import { recordingLog } from '../log.ts'
import { load } from './load-text.ts'

const FILE = `version: 1
sources:
  one: { type: feishu, verification_token: "\${TOKEN}", app_secret: plainly-written, app_id: cli_1 }
`

test('what a source logs names it, and shows none of its secrets', async () => {
  const log = recordingLog()
  const chatty = defineSource({
    type: 'feishu',
    options: {},
    open(_, { log }) {
      const error = 'token-from-outside and plainly-written'
      log.warn({ error, places: [error], count: 3 }, `refused: ${error}`)
      return { receive: async () => ({ kind: 'reply', body: {} }) }
    },
  })
  const runtime = createNodeRuntime({ folder: '.', log })
  await link(await load(FILE), {
    runtime,
    validate: () => [],
    sourceType: () => chatty,
    sinkType: () => undefined,
  })
  await runtime.close()
  expect(log.lines).toHaveLength(1)
  expect(log.lines[0]).toMatch(/^warn refused: \$\{TOKEN\} and \S+ \{"source":"one","error":/)
  expect(log.lines[0]).toContain('"count":3')
  expect(log.lines[0]).not.toMatch(/token-from-outside|plainly-written/)
})
