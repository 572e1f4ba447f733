import { CloudEvent } from 'cloudevents'
import { expect, test } from 'vitest'
import { readEnvironment } from '../src/hosts/environment.ts'
import { openNodeGateway } from '../src/hosts/node.ts'
import { readConfigFile } from '../src/hosts/node-config.ts'
import { silentLog } from './log.ts'
import { openReceiver, status } from './receiver.ts'
import { callbackOf, FEISHU, KEY, openFolder, post, TOKEN } from './serve.ts'

const SECRET = 'a-password-that-nobody-may-see'

/** A sink that fails, whose secret is in its answers, and another that hears of it. */
function routesOf(failing: string, ops: string): string {
  return `${FEISHU}sinks:
  finance:
    type: webhook
    url: ${failing}
    headers: { Authorization: "\${SECRET}" }
    retry: { attempts: 1, quick: 0 }
    breaker: { failures: 1, cooldown: 1h }
  ops: { type: webhook, url: "${ops}/ops", format: cloudevents }
  chat: { type: webhook, url: "${ops}/chat", format: data, transform: '{ "text": message }' }
routes:
  - { name: all, to: [finance] }
alerts: { to: [ops, chat] }
`
}

test('a receiver that fails, an event that is odd and a file that is rejected are told elsewhere', async () => {
  await using failing = await openReceiver()
  failing.answerWith(status(500, {}, SECRET))
  await using ops = await openReceiver()
  const text = routesOf(failing.url, ops.url)
  await using folder = await openFolder({ 'routes.yaml': text })
  const keys = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY, SECRET }
  const where = {
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: 'memory:',
    PUBLIC_URL: 'http://a.example',
  }
  const env = { ...keys, ...where }
  const read = () => readConfigFile({ file: `${folder.path}/routes.yaml`, env })
  const gateway = await openNodeGateway(await read(), readEnvironment(env), silentLog)
  const url = `http://127.0.0.1:${gateway.port}`
  const bodiesAt = (wanted: string) =>
    ops.requests.flatMap(({ path, body }) => (path === wanted ? [body] : []))
  try {
    const given = callbackOf()
    expect(await post(url, given)).toBe('200 accepted')
    const odd = callbackOf({ operate: 'DELETE' })
    expect(await post(url, odd)).toBe('200 quarantined')
    await folder.write('routes.yaml', text.replace('to: [finance]', `to: [finanse, "\${SECRET}"]`))
    await gateway.reload(read)
    await expect.poll(() => ops.requests.length).toBe(8)

    const alerts = bodiesAt('/ops').map((body) => new CloudEvent(JSON.parse(body)))
    const one = (type: string) => alerts.find((alert) => alert.type === `lark-fanout.${type}`)
    expect(one('delivery.dead')).toMatchObject({
      source: 'http://a.example',
      subject: 'finance',
      data: {
        sink: 'finance',
        count: 1,
        event_ids: [given.uuid],
        error: expect.stringContaining('500'),
        link: 'http://a.example/console/dead?sink=finance',
      },
    })
    expect(one('breaker.opened')).toMatchObject({ subject: 'finance', data: { sink: 'finance' } })
    expect(one('event.quarantined')).toMatchObject({
      subject: 'feishu',
      data: { source: 'feishu', event_type: 'approval_cc', event_ids: [odd.uuid] },
    })
    expect(one('config.rejected')?.data).toMatchObject({
      error: expect.stringContaining('did you mean "finance"?'),
    })
    expect(bodiesAt('/chat').map((body) => JSON.parse(body).text)).toContain(
      'finance: 1 delivery was given up',
    )
    for (const { body } of ops.requests) expect(body).not.toContain(SECRET)
  } finally {
    await gateway.close()
  }
})
