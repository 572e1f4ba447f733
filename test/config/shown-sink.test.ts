import { expect, test } from 'vitest'
import { start } from './bundled-text.ts'
import { load } from './load-text.ts'

const TEXT = `version: 1
sources: { feishu: { type: feishu, verification_token: hush } }
sinks:
  # secret: whsec_the-one-of-last-year
  finance:
    type: webhook
    url: https://finance.example/hook?key=literal-query
    verification_token: \${TOKEN}
    encrypt_key: literal-encrypt-key # literal-comment
    headers: { X-Team: literal-header, X-From: "\${TOKEN}" }
    timeout: 5s
    retry: { schedule: [1s, 2s] }
  hr: { type: webhook, url: "\${HR_URL}" }
  bare: { type: log }
routes: [{ name: all, to: [finance, hr, bare] }]
`

const env = { TOKEN: 'token-from-outside', HR_URL: 'https://hr.example/secret-path' }

test('a sink is shown as the file has it, on every host; what comes from outside by its name, other secrets not at all', async () => {
  const loaded = await load(TEXT, { env })
  expect(loaded.sinks.map(({ shown }) => shown)).toEqual([
    {
      options: {
        url: 'https://finance.example/hook?***',
        verification_token: `\${TOKEN}`,
        encrypt_key: '***',
        headers: { 'X-Team': '***', 'X-From': `\${TOKEN}` },
        timeout: '5s',
        retry: { schedule: ['1s', '2s'] },
      },
      file: 'routes.yaml',
      line: 5,
    },
    { options: { url: `\${HR_URL}` }, file: 'routes.yaml', line: 13 },
    { options: {}, file: 'routes.yaml', line: 14 },
  ])
  const atEdge = await start(TEXT, env)
  expect(atEdge.sinks.map(({ shown }) => shown)).toEqual(loaded.sinks.map(({ shown }) => shown))
})

test('what an alias stands for is hidden as what it stands for', async () => {
  const aliases = TEXT.replace('hr: {', 'hr: { headers: *h,').replace('headers: {', 'headers: &h {')
  const { sinks } = await load(aliases, { env })
  expect(sinks[1]?.shown?.options).toEqual({
    headers: { 'X-Team': '***', 'X-From': `\${TOKEN}` },
    url: `\${HR_URL}`,
  })
})

test.for([
  'secret: [whsec_bGl0ZXJhbC1vbmUtbGl0ZXJhbC1vbmUtbGl0ZXJhbC1v, "whsec_bGl0ZXJhbC10d28tbGl0ZXJhbC10d28tbGl0ZXJhbC10"]',
  'secret: >-\n      whsec_bGl0ZXJhbC1vbmUtbGl0ZXJhbC1vbmUtbGl0ZXJhbC1v',
  'secret: &s whsec_bGl0ZXJhbC1vbmUtbGl0ZXJhbC1vbmUtbGl0ZXJhbC1v',
  `secret: "\${UNSET:-whsec_bGl0ZXJhbC1vbmUtbGl0ZXJhbC1vbmUtbGl0ZXJhbC1v}"`,
  `url: "https://user:bGl0ZXJhbC1vbmU@hr.example/"`,
])('a secret is hidden however it is written: %s', async (option) => {
  const { sinks } = await load(
    `version: 1
sources: { feishu: { type: feishu, verification_token: hush } }
sinks:
  hr:
    type: webhook
    ${option.startsWith('url') ? '' : 'url: https://hr.example/'}
    ${option}
routes: [{ name: all, to: [hr] }]
`,
  )
  const shown = JSON.stringify(sinks[0]?.shown)
  expect(shown).toContain('***')
  expect(shown).not.toContain('bGl0ZXJhbC')
})
