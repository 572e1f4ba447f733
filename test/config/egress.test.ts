import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { defineSink } from '../../src/core/plugin.ts'
import { load, problemsOf, report, short } from './load-text.ts'

const file = (sinks: string, egress = '') => `version: 1
sources: { feishu: { type: feishu, verification_token: x } }
sinks:
  a: ${sinks}
routes: [{ name: r, to: [a] }]
${egress}`

const webhookTo = (url: string) => `{ type: webhook, url: "${url}" }`
const problems = async (text: string) => (await problemsOf(text)).map(short)

describe('egress', () => {
  test('is plain data; without it there are no rules', async () => {
    const egress = 'egress: { allow: [10.0.0.0/8, "*.example.com"], deny: ["fe80::/10"] }'
    const url = webhookTo('https://a.example.com')
    expect((await load(file(url, egress))).egress).toEqual({
      allow: ['10.0.0.0/8', '*.example.com'],
      deny: ['fe80::/10'],
    })
    expect((await load(file(url))).egress).toEqual({})
    expect((await load(file(url, 'egress: {}'))).egress).toEqual({})
  })

  test('of docs/egress.md is in order, and so is its tls', async () => {
    const text = readFileSync(new URL('../../docs/egress.md', import.meta.url), 'utf8')
    const [egress = '', tls = ''] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, block]) => block,
    )
    const { tls: options } = parse(tls)
    const sink = { type: 'webhook', url: 'https://hooks.partner.example', tls: options }
    const config = await load(file(JSON.stringify(sink), egress), { readFile: () => 'PEM' })
    expect(config.sinks[0]?.options.tls).toEqual({ ...options, key: 'PEM' })
    expect(config.egress).toEqual(parse(egress).egress)
  })

  test('says of every rule what is wrong with it, and where', async () => {
    const egress = `egress:
  allow: [10.0.0.0/33, a.example.com:443, 10]
  deny: [https://a.example.com, "*"]
  allowed: [a]
`
    const message =
      'must be an IP address, a CIDR such as 10.0.0.0/8, a host name without port, or *.example.com'
    expect(await problems(file(webhookTo('http://a'), egress))).toEqual([
      `7:11 egress.allow.0: ${message}`,
      `7:24 egress.allow.1: ${message}`,
      expect.stringMatching(/^7:43 egress\.allow\.2: must /),
      `8:10 egress.deny.0: ${message}`,
      `8:33 egress.deny.1: ${message}`,
      '9:3 egress.allowed: unknown key; did you mean "allow"?',
    ])
  })

  test('hides nothing of the rules: they are no secrets', async () => {
    const shown = await report(
      file(webhookTo('http://a'), 'egress: { deny: [a.example.com, 10/8] }'),
    )
    expect(shown).toContain('egress: { deny: [a.example.com, 10/8] }')
  })
})

describe('a sink’s host that the rules refuse', () => {
  test.each([
    ['http://169.254.169.254/latest', '', 'it is a link-local address'],
    ['http://2852039166/', '', 'it is a link-local address'],
    ['http://[::ffff:a9fe:a9fe]/', '', 'it is a link-local address'],
    ['http://metadata.google.internal/', '', "it is the name of a cloud's metadata service"],
    ['https://a.example.com/', 'deny: [a.example.com]', 'egress.deny.0 names it'],
    ['http://10.1.2.3/', 'allow: [10.2.0.0/16]', 'egress.allow names neither it nor its host'],
    ['http://a.example.com/', 'allow: [b.example.com]', 'egress.allow does not name it'],
  ])('%s, { %s }: %s', async (url, rules, reason) => {
    const [problem, ...others] = await problems(file(webhookTo(url), `egress: { ${rules} }`))
    expect(problem).toContain(`4:28 sinks.a.url: is refused by the egress rules: ${reason}`)
    expect(others).toEqual([])
  })

  test('may be a broker', async () => {
    const kafka = '{ type: kafka, brokers: [kafka-1:9092, "169.254.1.1:9092"], topic: t }'
    expect(await problems(file(kafka))).toEqual([
      expect.stringMatching(/^4:45 sinks\.a\.brokers\.1: is refused by the egress rules: /),
    ])
  })

  test('may be a plugin’s, whose own code may fail', async () => {
    const plugin = (destinations: () => never[]) =>
      defineSink({
        type: 'pager',
        options: { type: 'object', properties: { host: { type: 'string' } } },
        destinations,
        open: () => ({ deliver: async () => {} }),
      })
    const throwing = plugin(() => {
      throw new Error('boom')
    })
    const naming = {
      ...throwing,
      destinations: () => [{ path: 'host', host: '169.254.1.1' }],
    }
    const text = file('{ type: pager, host: x }')
    expect(await problemsOf(text, { resolveSink: async () => throwing })).toEqual([])
    expect((await problemsOf(text, { resolveSink: async () => naming })).map(short)).toEqual([
      expect.stringMatching(/^4:27 sinks\.a\.host: is refused/),
    ])
  })

  test('is not shown where it comes from outside', async () => {
    const env = { URL: 'http://169.254.77.88/' }
    const text = file(webhookTo(`\${URL}`))
    const [problem] = await problemsOf(text, { env })
    expect(problem?.message).toContain('link-local')
    expect(JSON.stringify(problem)).not.toContain('169.254')
  })

  test('is no problem where its address decides', async () => {
    const rules = 'egress: { allow: [10.0.0.0/8] }'
    expect(await problems(file(webhookTo('http://a.example.com/'), rules))).toEqual([])
  })
})
