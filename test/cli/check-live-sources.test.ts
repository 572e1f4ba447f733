import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/hosts/node-crypto.ts'
import { openSimulator } from '../../src/simulator/simulator.ts'
import { FEISHU } from '../serve.ts'
import { APP } from '../simulator/app.ts'
import { checkLive, variable } from './live.ts'

describe('sources', () => {
  const [known, old, unknown] = [
    '7C468A54-8745-2245-9675-08B7C63E7A85',
    'A0000000-8745-2245-9675-08B7C63E7A85',
    'B0000000-8745-2245-9675-08B7C63E7A85',
  ]
  const route = (name: string, code: string) =>
    `  - { name: ${name}, match: { approval_code: ${code} }, to: [out] }\n`
  const routes = `sinks: { out: { type: log } }\nroutes:\n${route('a', known)}${route('b', old)}`

  async function openFeishu() {
    const simulator = await openSimulator({
      apps: [APP],
      runtime: { crypto: nodeCrypto, now: Date.now },
      approvals: [known, old],
      subscribed: [old],
    })
    return { ...simulator, [Symbol.asyncDispose]: simulator.close }
  }

  const source = (domain: string, more: object = {}) =>
    `version: 1\nsources:\n  app: ${JSON.stringify({
      type: 'feishu',
      verification_token: 't',
      app_id: APP.id,
      app_secret: variable('APP_SECRET'),
      domain,
      subscribe: true,
      ...more,
    })}\n`

  test('whose approvals are subscribed, or are now', async () => {
    await using feishu = await openFeishu()
    const env = { APP_SECRET: APP.secret }
    const { code, of } = await checkLive(source(feishu.domain) + routes, env)
    expect(of('sources.app')).toBe(
      [
        'ok Feishu takes app_id and app_secret',
        `ok approval ${known}: subscribed now`,
        `ok approval ${old}: already subscribed`,
      ].join('\n'),
    )
    expect(code).toBe(0)
    expect(feishu.api.isSubscribed(APP.id, known)).toBe(true)
  })

  test('an approval that there is not: with its line', async () => {
    await using feishu = await openFeishu()
    const env = { APP_SECRET: APP.secret, CODE: unknown }
    const text = source(feishu.domain) + routes + route('c', `"${variable('CODE')}"`)
    const { code, lines, of } = await checkLive(text, env)
    expect(code).toBe(1)
    expect(of('sources.app')).toMatch(
      /^!! approval \$\{CODE\}: unknown; .*routes\.yaml:8:\d+ {2}routes\.2/m,
    )
    expect(lines.join('\n')).not.toContain(unknown)
  })

  test('an app that is refused: the secret is not shown', async () => {
    await using feishu = await openFeishu()
    const env = { APP_SECRET: 'hush-hush' }
    const { code, lines, of } = await checkLive(source(feishu.domain) + routes, env)
    expect(code).toBe(1)
    expect(of('sources.app')).toMatch(
      /^!! Feishu refuses app_id and app_secret .*\n!! approval .*: failed; .*app_id and app_secret/,
    )
    expect(lines.join('\n')).not.toContain('hush-hush')
  })

  test('an app that is refused, where no route names an approval and nobody subscribes', async () => {
    await using feishu = await openFeishu()
    const text = source(feishu.domain, { subscribe: false })
    const { code, of } = await checkLive(`${text}sinks: { out: { type: log } }\n`, {
      APP_SECRET: 'hush-hush',
    })
    expect(of('sources.app')).toMatch(/^!! Feishu refuses app_id and app_secret/)
    expect(code).toBe(1)
  })

  test('of one app: each approval is asked for once, and whoever does not subscribe has no need to', async () => {
    await using feishu = await openFeishu()
    const [, , app = ''] = source(feishu.domain).split('\n')
    const two = (name: string, change: (text: string) => string) =>
      change(
        app.replace('app:', `${name}:`).replace('"verification_token"', `"path":"/${name}",$&`),
      )
    const silent = two('silent', (text) => text.replace('"subscribe":true', '"subscribe":false'))
    const text = `${source(feishu.domain)}${two('again', (same) => same)}\n${silent}\n${routes}`
    const { code, lines } = await checkLive(text, { APP_SECRET: APP.secret })
    expect(lines.slice(1).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'ok sources.app Feishu takes app_id and app_secret',
      'ok sources.again Feishu takes app_id and app_secret',
      'ok sources.silent Feishu takes app_id and app_secret',
      '– sinks.out nothing to ask',
      `ok sources.app approval ${known}: subscribed now`,
      `ok sources.app approval ${old}: already subscribed`,
    ])
    expect(code).toBe(0)
  })

  test('a code from a variable is not shown, however short', async () => {
    await using feishu = await openFeishu()
    const env = { APP_SECRET: APP.secret, CODE: 'Q9', PART: 'Z' }
    const more = route('c', `["${variable('CODE')}", "Y-${variable('PART')}-X"]`)
    const { lines, of } = await checkLive(source(feishu.domain) + routes + more, env)
    expect(of('sources.app')).toMatch(/^!! approval \$\{CODE\}: unknown/m)
    expect(of('sources.app')).toMatch(/^!! approval Y-\$\{PART\}-X: unknown/m)
    expect(lines.join('\n')).not.toMatch(/Q9|Y-Z-X/)
  })

  test('that subscribe to nothing: a hint at why nothing may arrive, and exit code 0', async () => {
    const { code, of } = await checkLive(FEISHU + routes)
    expect(of('sources.feishu')).toMatch(/^– .*the first reason why nothing arrives/)
    expect(code).toBe(0)
  })

  test('of no approvals need no hint', async () => {
    const text = FEISHU.replace('type: feishu', 'type: feishu\n    events: [im.message.receive_v1]')
    const { of } = await checkLive(`${text}sinks: { out: { type: log } }\n`)
    expect(of('sources.feishu')).toBe('–  nothing to ask')
  })

  test('of the long connection: whether Feishu lets them connect', async () => {
    await using feishu = await openFeishu()
    const ws = (secret: string, domain = feishu.domain) =>
      checkLive(
        source(domain, { type: 'feishu-ws', verification_token: undefined, subscribe: false }) +
          routes,
        { APP_SECRET: secret },
      )
    const good = await ws(APP.secret)
    expect(good.of('sources.app')).toMatch(/^ok Feishu lets it connect\n– .*subscribe/)
    expect(good.code).toBe(0)
    expect(feishu.connection.connected(APP.id)).toBe(0)
    const refused = await ws('hush-hush')
    expect(refused.of('sources.app')).toMatch(/^!! Feishu refuses: 514.*app_id and app_secret/)
    expect(refused.code).toBe(1)
    const absent = await ws(APP.secret, 'http://127.0.0.1:9')
    expect(absent.of('sources.app')).toMatch(/^!! 127\.0\.0\.1:9 cannot be asked: .*ECONNREFUSED/)
  })
})
