import { expect, test } from 'vitest'
import { concealAll, concealCut } from '../../src/config/text/report.ts'
import { load, problemsOf } from './load-text.ts'

const FILE = `version: 1
sources: { feishu: { type: feishu, verification_token: "\${TOKEN}" } }
sinks:
  hook:
    type: webhook
    url: http://alice:\${PASSWORD}@hooks.example.com/\${STAGE}?key=\${KEY}
    headers: { Authorization-Too: "Bearer \${BEARER}" }
  user: { type: webhook, url: "http://token-of-old@hooks.example.com/" }
routes: [{ name: all, to: [hook, user] }]
`
const env = {
  TOKEN: 'the-verification-token',
  PASSWORD: 'hush%40審',
  STAGE: 'prod',
  KEY: 'the-key-in-the-url',
  BEARER: 'the-bearer-token',
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A receiver may send back what it was sent, whole or in part. */
test.each([
  ['Bearer the-bearer-token', `\${BEARER}`],
  ['the token the-bearer-token is not known', `\${BEARER}`],
  ['no user has hush@審', '***'],
  [`authorization: Basic ${base64('alice:hush@審')}`, 'Basic ***'],
  [`authorization: Basic ${base64('token-of-old:')}`, 'Basic ***'],
  ['no such key: the-key-in-the-url', 'key: '],
])('%s is concealed', async (said, shown) => {
  const { words } = await load(FILE, { env })
  const concealed = concealAll(said, words)
  expect(concealed).toContain(shown)
  const secrets = [env.BEARER, env.KEY, 'hush', base64('alice:hush@審'), base64('token-of-old:')]
  expect(secrets.filter((secret) => concealed.includes(secret))).toEqual([])
})

test('what is short is a word of every day', async () => {
  const { words } = await load(FILE, { env })
  expect(concealAll('a product', words)).toBe('a product')
})

test.each([
  ['you sent Bearer abcdefgh-123', 'you sent <AUTH>'],
  ['you sent Bearer abc', 'you sent <AUTH>'],
  ['you sent Bear', 'you sent <AUTH>'],
  ['abcdefgh-123 and abcdefgh', '<TOKEN> and <TOKEN>'],
  ['you sent a Bea', 'you sent a Bea'],
  ['Bearer of news', 'Bearer of news'],
  ['abcdefgh-123', '<TOKEN>'],
  ['', ''],
])('of a text that was cut, no beginning of a secret remains at its end: %s', (said, shown) => {
  const words = [
    { path: ['sinks', 'a'], value: 'Bearer abcdefgh-123', shown: '<AUTH>' },
    { path: ['sinks', 'a'], value: 'abcdefgh-123', shown: '<TOKEN>' },
    { path: ['sinks', 'a'], value: '', shown: '<EMPTY>' },
  ]
  expect(concealCut(said, words)).toBe(shown)
})

test('a value does not garble the words of the gateway about it, and is concealed where it is quoted', async () => {
  const file = FILE.replace('type: webhook', `paused: "\${P}"\n    type: webhook`)
  const wrong = await problemsOf(file.replace('routes:', `retention: { dead: "\${D}" }\nroutes:`), {
    env: { ...env, P: 'true', D: 'look like' },
  })
  expect(wrong.map(({ message }) => message)).toEqual([
    `must be true or false: write it out, for \${…} only ever gives a text`,
    'must look like 500ms, 10s, 5m, 6h, 7d',
  ])
  const quoted = await problemsOf(FILE.replace('[hook, user]', `["\${TO}"]`), {
    env: { ...env, TO: 'hush-hush' },
  })
  expect(quoted.map(({ message }) => message)).toEqual([`no sink is called "\${TO}"`])
})
