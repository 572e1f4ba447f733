import { expect, test } from 'vitest'
import { type Answer, openReceiver, status } from '../receiver.ts'
import { openSdkReceiver } from '../sdk-receiver.ts'
import { callbackOf, FEISHU, openFolder, post, serve } from '../serve.ts'

const echo: Answer = (response, { body }) => {
  const { challenge } = JSON.parse(body)
  response.end(JSON.stringify({ challenge }))
}

const routes = (sinks: object) => {
  const all = JSON.stringify([{ name: 'all', to: Object.keys(sinks) }])
  return `${FEISHU}sinks: ${JSON.stringify(sinks)}\nroutes: ${all}\n`
}

test('consumers with keys of their own are asked their url_verification, and the log says what came of it', async () => {
  await using plain = await openReceiver()
  await using sdk = await openSdkReceiver({ encryptKey: 'k', verificationToken: 'v' })
  await using absent = await openReceiver()
  absent.answerWith(status(404))
  const sinks = {
    plain: { type: 'webhook', url: plain.url },
    sdk: { type: 'webhook', url: sdk.url, verification_token: 'v', encrypt_key: 'k' },
    absent: { type: 'webhook', url: absent.url, verification_token: 'v' },
  }
  await using folder = await openFolder({ 'routes.yaml': routes(sinks) })
  await using gateway = await serve(folder)
  const answered = JSON.parse(await gateway.logged('"answers its url_verification"'))
  expect(answered).toMatchObject({ level: 30, sink: 'sdk' })
  const failed = JSON.parse(await gateway.logged('does not answer'))
  expect(failed).toMatchObject({ level: 40, sink: 'absent' })
  expect(failed.msg).toContain('HTTP 404')

  // A receiver that does not answer is sent its events all the same.
  absent.answerWith(status(200))
  const callback = callbackOf()
  expect(await post(gateway.url, callback)).toBe('200 accepted')
  await expect
    .poll(() => absent.requests.map(({ body }) => JSON.parse(body).type))
    .toEqual(['url_verification', 'event_callback'])
  await expect.poll(() => sdk.handled).toMatchObject([{ uuid: callback.uuid }])
  await expect.poll(() => plain.requests).toHaveLength(1)
})

test('a reload asks those that are new or changed, and no others', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(echo)
  const sink = (name: string, token = 'v') => {
    return {
      [name]: { type: 'webhook', url: `${receiver.url}/${name}`, verification_token: token },
    }
  }
  const asked = () => receiver.requests.map(({ path, body }) => path + JSON.parse(body).token)
  await using folder = await openFolder({ 'routes.yaml': routes({ ...sink('a'), ...sink('b') }) })
  await using gateway = await serve(folder)
  await expect.poll(() => asked().sort()).toEqual(['/av', '/bv'])
  await folder.write('routes.yaml', routes({ ...sink('a'), ...sink('b', 'w'), ...sink('c') }))
  await expect.poll(() => asked().slice(2).sort()).toEqual(['/bw', '/cv'])
  await gateway.logged('reloaded')
  expect(asked()).toHaveLength(4)
})

test('one that does not answer delays neither start nor end', async () => {
  await using receiver = await openReceiver()
  receiver.answerWith(() => {})
  const sinks = { a: { type: 'webhook', url: receiver.url, verification_token: 'v' } }
  await using folder = await openFolder({ 'routes.yaml': routes(sinks) })
  await using gateway = await serve(folder)
  await expect.poll(() => receiver.requests).toHaveLength(1)
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toBe(0)
})
