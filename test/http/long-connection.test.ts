import { describe, expect, test } from 'vitest'
import { openInProcess } from '../in-process.ts'
import { APP, openGateway, routesOf } from '../sinks/feishu-ws/gateway.ts'
import { ask } from '../sinks/feishu-ws/raw-client.ts'

test('a gateway that is about to end lets nobody in, and has them try again', async () => {
  await using opened = await openInProcess()
  const body = JSON.stringify({ AppID: 'cli_00000000000000aa', AppSecret: 'x' })
  const ask = async () => {
    const answer = await opened.send('/callback/ws/endpoint', { method: 'POST', body })
    return { status: answer.status, ...Object(await answer.json()) }
  }
  expect(await ask()).toMatchObject({ status: 200, code: 514, data: {} })
  await opened.gateway.close()
  expect(await ask()).toMatchObject({ status: 200, code: 1000040343, data: {} })
  const refusal = await opened.gateway.upgrade('/callback/ws?ticket=x')
  if (!(refusal instanceof Response)) throw new Error('it was let in')
  expect([refusal.status, refusal.headers.get('handshake-status')]).toEqual([503, '514'])
})

test('a WebSocket at another path is refused, whatever the host lets through', async () => {
  await using opened = await openInProcess()
  for (const target of ['/', '/webhook/event', '/callback/ws/', '//', '*', '']) {
    const refusal = await opened.gateway.upgrade(target)
    expect(refusal instanceof Response && refusal.status).toBe(404)
  }
})

describe('whoever guesses at apps that there are not', () => {
  const STRANGERS = Array.from({ length: 16 }, (_, n) => `cli_ffffffffffffff0${n.toString(16)}`)

  test('is told to try later, whichever they are, and locks out none that there is', async () => {
    await using gateway = await openGateway()
    for (const appId of [...STRANGERS, 'nobody', '']) await ask(gateway.url, appId, 'guessed')
    expect((await ask(gateway.url, 'cli_fffffffffffffff0')).code).toBe(1000040343)
    expect((await ask(gateway.url)).code).toBe(0)
    expect(gateway.logged('too many wrong app secrets')).toHaveLength(1)
  })

  test('nor one that comes by a reload; what was guessed at one stays over others', async () => {
    await using gateway = await openGateway()
    for (const appId of [...STRANGERS, APP]) {
      for (let count = 0; count < 10; count++) await ask(gateway.url, appId, 'guessed')
    }
    const added =
      '  late: { type: feishu-ws, app_id: cli_fffffffffffffff0, app_secret: b }\nroutes:'
    await gateway.reload(routesOf().replace('routes:', added))
    expect((await ask(gateway.url, 'cli_fffffffffffffff0', 'b')).code).toBe(0)
    expect((await ask(gateway.url)).code).toBe(1000040343)
  })
})
