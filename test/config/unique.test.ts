import { expect, test } from 'vitest'
import { feishuWs } from '../../src/sinks/feishu-ws.ts'
import { problemsOf, short } from './load-text.ts'

const file = (sinks: string) => `version: 1
sources:
  feishu: { type: feishu, verification_token: token }
sinks:
${sinks}
routes:
  - { name: all, to: [one] }
`

const problems = async (sinks: string) =>
  (await problemsOf(file(sinks), { resolveSink: async () => feishuWs })).map(short)

test('an app id belongs to one sink: the later one is told whose it is', async () => {
  const sinks = `  one: { type: feishu-ws, app_id: cli_00000000000000aa, app_secret: a }
  two: { type: feishu-ws, app_id: cli_00000000000000bb, app_secret: a }
  six: { type: feishu-ws, app_id: cli_00000000000000aa, app_secret: b }`
  expect(await problems(sinks)).toEqual([
    '7:35 sinks.six.app_id: is the app_id of one too: give each sink its own',
  ])
})

test.each(['cli_1', 'app_00000000000000aa', 'cli_00000000000000ag', 'cli_00000000000000aaa'])(
  'an app id that an SDK would not take is refused: %s',
  async (appId) => {
    const [problem] = await problems(`  one: { type: feishu-ws, app_id: ${appId}, app_secret: a }`)
    expect(problem).toContain('sinks.one.app_id')
  },
)
