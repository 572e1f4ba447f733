import { expect, test } from 'vitest'
import { openInProcess } from '../in-process.ts'

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
