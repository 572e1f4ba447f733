import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { callbackOf, FEISHU, openFolder, run, serve } from '../serve.ts'
import { APP } from '../simulator/app.ts'
import { openFeishu } from '../sources/connected.ts'

const soon = { timeout: 30_000, interval: 20 }
const SECRET = { APP_SECRET: APP.secret }

const sourceAt = (domain: string) => `version: 1
sources:
  ws: { type: feishu-ws, app_id: ${APP.id}, app_secret: "\${APP_SECRET}", domain: "${domain}" }
`
const to = (url: string) => `sinks: { all: { type: webhook, url: "${url}" } }
routes: [{ name: all, to: [all] }]
`
const get = async (url: string) => (await fetch(url)).text()

test('a served gateway connects, says so, keeps its connection over a reload, and leaves at its end', async () => {
  await using feishu = await openFeishu()
  await using receiver = await openReceiver()
  const routes = `${sourceAt(feishu.domain)}${to(receiver.url)}`
  await using folder = await openFolder({ 'routes.yaml': routes })
  await using gateway = await serve(folder, SECRET)
  await gateway.logged('connected to Feishu')
  expect(JSON.parse(await get(`${gateway.url}/readyz`)).sources).toEqual({ ws: 'connected' })
  expect(await get(`${gateway.url}/metrics`)).toContain(
    'lark_fanout_source_connected{source="ws"} 1',
  )
  await folder.write('routes.yaml', routes.replace('name: all', 'name: everything'))
  await gateway.logged('routes.yaml reloaded')
  const event = callbackOf()
  const { attempts } = await feishu.emit(JSON.stringify(event))
  expect(attempts).toMatchObject([{ status: 200 }])
  await expect.poll(() => receiver.requests.length, soon).toBe(1)
  expect(JSON.parse(receiver.requests[0]?.body ?? '')).toEqual(event)
  expect(await get(`${gateway.url}/metrics`)).toContain(
    'lark_fanout_events_total{source="ws",type="approval_cc",result="accepted"} 1',
  )
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
  expect(gateway.log.filter((line) => line.includes('connected to Feishu'))).toHaveLength(1)
  expect(gateway.log.join()).not.toContain('is lost')
  await expect.poll(() => feishu.connection.connected(APP.id), soon).toBe(0)
})

test('two gateways in a row: the source of one is connected to the sink of the other', async () => {
  await using receiver = await openReceiver()
  const sink = `{ type: feishu-ws, app_id: ${APP.id}, app_secret: "\${APP_SECRET}" }`
  await using first = await openFolder({
    'routes.yaml': `${FEISHU}sinks: { next: ${sink} }\nroutes: [{ name: all, to: [next] }]\n`,
  })
  await using upstream = await serve(first, SECRET)
  await using second = await openFolder({
    'routes.yaml': `${sourceAt(upstream.url)}${to(receiver.url)}`,
  })
  await using downstream = await serve(second, SECRET)
  await downstream.logged('connected to Feishu')
  const event = callbackOf()
  const sent = await run(first, ['send', '-', '--url', `${upstream.url}/webhook/event`], {
    stdin: JSON.stringify(event),
  })
  expect(sent.stdout).toBe('200 accepted\n')
  await expect.poll(() => receiver.requests.length, soon).toBe(1)
  expect(JSON.parse(receiver.requests[0]?.body ?? '')).toEqual(event)
})

test('there is nothing to send to where the source connects by itself', async () => {
  const sources = sourceAt('http://127.0.0.1:9')
  await using folder = await openFolder({ 'routes.yaml': sources })
  const alone = await run(folder, ['send'], { env: SECRET })
  expect([alone.code, alone.stderr]).toEqual([
    2,
    expect.stringContaining('source "ws" connects by itself and takes no callbacks'),
  ])
  await folder.write('routes.yaml', `${sources}  http: { type: feishu, verification_token: x }\n`)
  const named = await run(folder, ['send', '--source', 'ws'], { env: SECRET })
  expect(named.stderr).toContain('use --source http')
})

test('a gateway without a long connection does not load the SDK', async () => {
  const script = `import { createRequire } from 'node:module'
await import('./src/hosts/node.ts')
console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('larksuite')))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    script,
  ])
  expect(stdout).toBe('[]\n')
})
