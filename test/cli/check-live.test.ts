import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askAll } from '../../src/cli/check/live.ts'
import { readConfigFile } from '../../src/hosts/node-config.ts'
import { createTopic } from '../faults/topic.ts'
import { KAFKA_USER, type KafkaBroker, startKafka, whyNoKafka } from '../kafka-broker.ts'
import { type Answer, openReceiver, status } from '../receiver.ts'
import { openSdkReceiver } from '../sdk-receiver.ts'
import { type Environment, FEISHU, openFolder, run } from '../serve.ts'
import { checkLive, variable } from './live.ts'

/** Over these sinks. */
function check(
  sinks: Readonly<Record<string, object>>,
  env: Environment = {},
  args: readonly string[] = [],
) {
  const routes = [{ name: 'all', to: Object.keys(sinks) }]
  const text = `${FEISHU}sinks: ${JSON.stringify(sinks)}\nroutes: ${JSON.stringify(routes)}\n`
  return checkLive(text, env, args)
}

const echo: Answer = (response, { body }) => {
  const { challenge } = JSON.parse(body)
  response.end(JSON.stringify({ challenge }))
}

describe('receivers', () => {
  test('that are there: exit code 0, and nothing is delivered', async () => {
    await using plain = await openReceiver()
    plain.answerWith(status(405))
    await using asked = await openReceiver()
    asked.answerWith(echo)
    await using sdk = await openSdkReceiver({ encryptKey: 'k', verificationToken: 'v' })
    const { code, lines } = await check(
      {
        finance: { type: 'webhook', url: plain.url, format: 'cloudevents' },
        'hr-app': { type: 'webhook', url: asked.url, verification_token: variable('HR_TOKEN') },
        sdk: { type: 'webhook', url: sdk.url, verification_token: 'v', encrypt_key: 'k' },
        out: { type: 'log' },
      },
      { HR_TOKEN: 'hush-hush' },
    )
    expect(lines.filter((line) => !line.includes('sources.'))).toEqual([
      './routes.yaml is in order: 1 source, 4 sinks, 1 route',
      'ok  sinks.finance   is there: answers HEAD with 405',
      'ok  sinks.hr-app    answers its url_verification',
      'ok  sinks.sdk       answers its url_verification',
      '–   sinks.out       nothing to ask',
    ])
    expect(code).toBe(0)
    expect(plain.requests.map(({ method }) => method)).toEqual(['HEAD'])
    expect(asked.requests).toMatchObject([{ method: 'POST' }])
    expect(JSON.parse(asked.requests[0]?.body ?? '')).toMatchObject({ token: 'hush-hush' })
    expect(sdk.handled).toEqual([])
  })

  test('that are not, or are others: exit code 1, and no secret is shown', async () => {
    await using other = await openReceiver()
    other.answerWith(status(200, {}, '{"challenge":"another"}'))
    await using telling = await openReceiver()
    telling.answerWith((response, { body }) => {
      const { token } = JSON.parse(body)
      response.writeHead(500).end(`no token "${token}", \u001b[2J`)
    })
    const { code, lines, of } = await check(
      {
        gone: { type: 'webhook', url: `http://127.0.0.1:9/?key=${variable('HR_TOKEN')}` },
        other: { type: 'webhook', url: other.url, verification_token: variable('HR_TOKEN') },
        telling: { type: 'webhook', url: telling.url, verification_token: variable('HR_TOKEN') },
      },
      { HR_TOKEN: 'hush-hush' },
    )
    expect(code).toBe(1)
    expect(of('sinks.gone')).toBe('!! the connection failed: ECONNREFUSED')
    const not = '!! does not answer its url_verification: '
    expect(of('sinks.other')).toBe(`${not}it answers another challenge than it was asked`)
    expect(of('sinks.telling')).toContain(`${not}HTTP 500 (no token "\${HR_TOKEN}", \\u001b[2J)`)
    expect(lines.join('\n')).not.toContain('hush-hush')
  })

  test('that the egress rules refuse', async () => {
    await using receiver = await openReceiver()
    const sinks = { a: { type: 'webhook', url: receiver.url.replace('127.0.0.1', 'localhost') } }
    const egress = 'egress: { deny: [127.0.0.0/8, "::1"] }\n'
    const { code, of } = await checkLive(
      `${FEISHU}${egress}sinks: ${JSON.stringify(sinks)}\nroutes: [{ name: all, to: [a] }]\n`,
    )
    expect(code).toBe(1)
    expect(of('sinks.a')).toMatch(/^!! .*egress\.deny/)
    expect(receiver.requests).toEqual([])
  })

  test('one JSON object a line', async () => {
    await using receiver = await openReceiver()
    const sinks = { a: { type: 'webhook', url: receiver.url }, b: { type: 'log' } }
    const { code, lines } = await check(sinks, {}, ['--json'])
    expect(code).toBe(0)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { path: 'sources.feishu', result: 'unasked' },
      { path: 'sinks.a', result: 'ok', message: 'is there: answers HEAD with 200' },
      { path: 'sinks.b', result: 'unasked', message: 'nothing to ask' },
    ])
  })
})

describe('plugins', () => {
  test('are asked where they can be, and do no harm', async () => {
    const plugin = (type: string, probe: string) =>
      `export default { type: '${type}', options: { type: 'object' }, open: () => ({ deliver() {}, ${probe} }) }\n`
    await using folder = await openFolder({
      'routes.yaml': `${FEISHU}sinks: { fine: { type: fine }, bad: { type: bad }, stray: { type: stray } }\n`,
      'plugins/fine.ts': plugin('fine', "probe: async () => 'all well'"),
      'plugins/bad.ts': plugin('bad', "probe() { throw new Error('not well') }"),
      'plugins/stray.ts': plugin(
        'stray',
        "probe() { Promise.reject(new Error('astray')); return new Promise(() => {}) }",
      ),
    })
    const { code, stdout } = await run(folder, ['check', '--live'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ok {2}sinks\.fine +all well$/m)
    expect(stdout).toMatch(/^!! {2}sinks\.bad +not well$/m)
    expect(stdout).toMatch(/^!! {2}sinks\.stray +astray$/m)
  })
})

test('what was opened is closed, also for those who listen to the first answer only', async () => {
  const plugin = `import { writeFileSync } from 'node:fs'
export default { type: 'closing', options: { type: 'object' }, open: (_, { folder }) => ({
  deliver() {}, close() { writeFileSync(folder + '/closed', '') },
}) }
`
  await using folder = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { a: { type: closing } }\n`,
    'plugins/closing.ts': plugin,
  })
  const env = { FEISHU_VERIFICATION_TOKEN: 'v', FEISHU_ENCRYPT_KEY: 'k' }
  const file = await readConfigFile({ file: join(folder.path, 'routes.yaml'), env })
  for await (const { path } of askAll(file, {
    proxies: { http: undefined, https: undefined, none: '' },
  })) {
    expect(path).toBe('sources.feishu')
    break
  }
  expect(existsSync(join(folder.path, 'closed'))).toBe(true)
})

test('check --help says what --live changes', async () => {
  await using folder = await openFolder({})
  const { stdout } = await run(folder, ['check', '--help'])
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
    'subscriptions, which are made where they are missing',
  )
})

describe('what cannot be opened is a problem of the file', () => {
  const files: readonly [string, object, string][] = [
    ['a file that is not there', { ca: 'nowhere.pem' }, 'tls.ca: is neither PEM text nor'],
    ['a file of something else', { ca: 'routes.yaml' }, 'tls.ca: is no certificate'],
  ]
  test.each(files)('%s, with or without --live', async (_, tls, message) => {
    const sinks = `sinks:\n  a: { type: webhook, url: "https://127.0.0.1:9", tls: ${JSON.stringify(tls)} }\n`
    await using folder = await openFolder({ 'routes.yaml': FEISHU + sinks })
    for (const args of [['check'], ['check', '--live']]) {
      const { code, stdout, stderr } = await run(folder, args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^routes\.yaml:8:\d+ {2}sinks\.a\.tls\.ca: /)
      expect(stderr).toContain(message)
      expect(stderr).toMatch(/\n\s+\^/)
    }
  })

  test("a broker's certificates", async () => {
    const ssl = { ca: 'routes.yaml', cert: 'nowhere.pem', key: 'hush-hush' }
    const lake = { type: 'kafka', brokers: ['127.0.0.1:9'], topic: 'a' }
    const sinks = { one: { ...lake, ssl: { ca: ssl.ca } }, two: { ...lake, ssl } }
    await using folder = await openFolder({
      'routes.yaml': `${FEISHU}sinks: ${JSON.stringify(sinks)}\n`,
    })
    const { code, stderr } = await run(folder, ['check'])
    expect(code).toBe(2)
    expect(stderr).toContain('sinks.one.ssl.ca: is no certificate that can be read')
    expect(stderr).toContain('sinks.two.ssl.cert: is neither PEM text nor a readable file')
    expect(stderr).not.toContain('hush-hush')
  })

  test('--json goes with --live only', async () => {
    await using folder = await openFolder({})
    const { code, stderr } = await run(folder, ['check', '--json'])
    expect([code, stderr]).toEqual([2, '--json goes with --live\n'])
  })
})

test('brokers that are not there', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = Object(server.address())
  server.close()
  await once(server, 'close')
  const lake = { type: 'kafka', brokers: [`127.0.0.1:${port}`], topic: 'approvals' }
  const { code, of } = await check({ lake })
  expect(code).toBe(1)
  expect(of('sinks.lake')).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`)
})

const missing = await whyNoKafka()
const title = 'brokers'
describe.skipIf(missing)(
  missing ? `${title}: SKIPPED, ${missing}` : title,
  { timeout: 60_000 },
  () => {
    let broker: KafkaBroker
    beforeAll(async () => {
      broker = await startKafka()
      await createTopic(broker, 'approvals')
    }, 60_000)
    afterAll(() => broker?.stop())

    test('say how many partitions a topic has; one that is not there is not made', async () => {
      const lake = { type: 'kafka', brokers: [broker.address] }
      const secure = { type: 'kafka', brokers: [broker.secureAddress], topic: 'approvals' }
      const sasl = { mechanism: 'scram-sha-512', username: KAFKA_USER.username }
      const ssl = { ca: broker.caFile }
      const sinks = {
        lake: { ...lake, topic: 'approvals' },
        missing: { ...lake, topic: 'aprovals' },
        login: { ...secure, ssl, sasl: { ...sasl, password: variable('KAFKA_PASSWORD') } },
        refused: { ...secure, ssl, sasl: { ...sasl, password: variable('WRONG_PASSWORD') } },
        stranger: { ...secure, ssl: true, sasl: { ...sasl, password: variable('KAFKA_PASSWORD') } },
      }
      const env = { KAFKA_PASSWORD: KAFKA_USER.password, WRONG_PASSWORD: 'hush-hush' }
      for (let count = 0; count < 2; count++) {
        const { code, lines, of } = await check(sinks, env)
        expect(code).toBe(1)
        expect(of('sinks.lake')).toBe('ok topic approvals: 3 partitions')
        expect(of('sinks.missing')).toMatch(/^!! topic aprovals does not exist .*: create it/)
        expect(of('sinks.login')).toBe('ok topic approvals: 3 partitions')
        expect(of('sinks.refused')).toMatch(/^!! .*SASL SCRAM/)
        expect(of('sinks.stranger')).toMatch(/^!! .*self-signed certificate/)
        expect(lines.join('\n')).not.toMatch(/hush-hush|lake-password/)
      }
    })
  },
)
