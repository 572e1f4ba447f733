import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openReceiver, status } from '../receiver.ts'
import { callbackOf, FEISHU, KEY, openFolder, post, run, sealed, serve, TOKEN } from '../serve.ts'

const SIGNING_KEY = Buffer.from('a signing key of 32 bytes length').toString('base64')
const OWN = {
  HOOK_SECRET: `whsec_${SIGNING_KEY}`,
  HOOK_TOKEN: 'the-receivers-own-token',
  HOOK_KEY: 'the-receivers-own-key',
  API_KEY: 'the-receivers-api-key',
  URL_KEY: 'the-key-in-the-url',
  ADMIN_TOKEN: 'the-operators-admin-token',
}
const SECRETS = [TOKEN, KEY, SIGNING_KEY, ...Object.values(OWN)]

function routes(url: string): string {
  return `${FEISHU}sinks:
  plain: { type: webhook, url: "${url}/plain?key=\${URL_KEY}", secret: "\${HOOK_SECRET}", headers: { X-Key: "\${API_KEY}" } }
  sdk: { type: webhook, url: "${url}/sdk", verification_token: "\${HOOK_TOKEN}", encrypt_key: "\${HOOK_KEY}" }
  asked: { type: webhook, url: "${url}/asked", verification_token: "\${HOOK_TOKEN}" }
  refused: { type: webhook, url: "http://127.0.0.1:9/?key=\${URL_KEY}", retry: { attempts: 1 } }
  out: { type: log }
  file: { type: jsonl, path: events.jsonl }
routes:
  - { name: all, to: [plain, sdk, refused, out, file] }
`
}

/** Every file in the folder, as the bytes on the disk. */
function bytesOf(folder: string): string {
  return execFileSync('sh', ['-c', 'cat data/* events.jsonl'], {
    cwd: folder,
    encoding: 'latin1',
    maxBuffer: 1e8,
  })
}

test('no secret is in a delivery, a file, a log line, an error or a metric', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith((response, { body }) => response.writeHead(500).end(body))
  await using folder = await openFolder({ 'routes.yaml': routes(receiver.url) })
  const plugin = await readFile(new URL('../../plugins/jsonl.ts', import.meta.url), 'utf8')
  await folder.write('plugins/jsonl.ts', plugin)
  await using gateway = await serve(folder, OWN)
  const verifications = () => gateway.log.filter((line) => line.includes('url_verification'))
  await expect.poll(verifications).toHaveLength(2)
  expect(receiver.requests.some(({ body }) => body.includes(OWN.HOOK_TOKEN))).toBe(true)
  receiver.answerWith(status(500, {}, 'no'), status(200))

  const callback = callbackOf()
  const v2 = {
    schema: '2.0',
    token: TOKEN,
    header: {
      token: TOKEN,
      event_id: 'v2-1',
      event_type: 'approval_cc',
      app_id: 'a',
      tenant_key: 't',
    },
    event: callback.event,
  }
  expect(await post(gateway.url, callback)).toBe('200 accepted')
  expect(await post(gateway.url, v2)).toBe('200 accepted')
  expect(await post(gateway.url, callbackOf({ operate: 'SHRED' }))).toBe('200 quarantined')
  const errors = await Promise.all(
    [await sealed(callback, 'a guess'), await sealed(callback, KEY, 'wrong'), { body: '[' }].map(
      async (message) => {
        const answer = await fetch(`${gateway.url}/webhook/event`, { method: 'POST', ...message })
        return answer.text()
      },
    ),
  )
  await expect.poll(() => receiver.requests.length).toBeGreaterThanOrEqual(2 + 5)
  await gateway.logged('dead letter')
  const open = await fetch(`${gateway.adminUrl}/metrics`)
  expect(open.status).toBe(401)
  const metrics = await fetch(`${gateway.adminUrl}/metrics`, {
    headers: { Authorization: `Bearer ${OWN.ADMIN_TOKEN}` },
  })
  await folder.write('routes.yaml', `${routes(receiver.url)}  - { name: all, to: [nobody] }\n`)
  await gateway.logged('rejected')
  const checked = await run(folder, ['check'], { env: OWN })
  expect(checked.code).toBe(2)
  const unopened = routes(receiver.url).replace(
    'path: events.jsonl',
    `path: "/dev/null/\${URL_KEY}"`,
  )
  await folder.write('routes.yaml', unopened)
  await gateway.logged('cannot be opened')

  const places: Record<string, string> = {
    'the plain deliveries': JSON.stringify(
      receiver.requests
        .filter(({ path }) => path.startsWith('/plain'))
        .map(({ body, headers }) => ({ body, ...headers, 'x-key': '' })),
    ),
    'the files': bytesOf(folder.path),
    'the log': gateway.log.join('\n'),
    'the errors': errors.join('\n') + (await open.text()),
    'the metrics': await metrics.text(),
    'the output of check': checked.stdout + checked.stderr,
  }
  const found = Object.entries(places).flatMap(([place, text]) =>
    SECRETS.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
  )
  expect(found).toEqual([])
  expect(places['the files']).toContain(callback.uuid)
  expect(join(places['the log'] ?? '')).toContain('dead letter')
})
