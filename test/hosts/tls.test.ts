import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import type { TlsIdentity, TlsOptions } from '../../src/core/runtime.ts'
import { createNodeFetch, type NodeFetch } from '../../src/hosts/node-fetch.ts'
import { openSecureReceiver, pem, TLS_FOLDER } from '../secure-receiver.ts'

const request = (tls?: TlsIdentity) => ({
  method: 'POST',
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
  ...(tls && { tls }),
})

/** Knows where receiver.test is. */
function open(): NodeFetch & AsyncDisposable {
  const node = createNodeFetch({
    folder: TLS_FOLDER,
    lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  return { ...node, [Symbol.asyncDispose]: node.close }
}

const BROKEN = '-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n-----END CERTIFICATE-----\n'
const mutual = { ca: 'ca.pem', cert: 'client.pem', key: 'client.key' }

describe('a receiver whose authority only `ca` knows', () => {
  test('is not trusted without it', async () => {
    await using receiver = await openSecureReceiver()
    await using node = open()
    const answer = node.fetch(`https://receiver.test:${receiver.port}`, request())
    await expect(answer).rejects.toThrow('self-signed certificate in certificate chain')
    expect(receiver.requests).toEqual([])
  })

  test('is trusted with it', async () => {
    await using receiver = await openSecureReceiver()
    await using node = open()
    const tls = node.secure({ ca: 'ca.pem' })
    const answer = await node.fetch(`https://receiver.test:${receiver.port}`, request(tls))
    expect(await answer.text()).toBe('received')
  })

  test('is trusted with it among others', async () => {
    await using receiver = await openSecureReceiver()
    await using node = open()
    const tls = node.secure({ ca: `# ours\n${pem('receiver.pem')}\n# theirs\n${pem('ca.pem')}\n` })
    const answer = await node.fetch(`https://receiver.test:${receiver.port}`, request(tls))
    expect(answer.status).toBe(200)
  })

  test('must be who the url or servername says', async () => {
    await using receiver = await openSecureReceiver()
    await using node = open()
    const url = `https://127.0.0.1:${receiver.port}`
    const strict = node.secure({ ca: 'ca.pem' })
    await expect(node.fetch(url, request(strict))).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    const named = node.secure({ ca: 'ca.pem', servername: 'receiver.test' })
    expect((await node.fetch(url, request(named))).status).toBe(200)
    expect(receiver.requests).toEqual([{ client: '', servername: 'receiver.test' }])
  })
})

describe('a receiver that asks who is there', () => {
  test('hears it, from files and from text', async () => {
    await using receiver = await openSecureReceiver({ asksForClient: true })
    await using node = open()
    const texts = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') }
    for (const options of [mutual, texts]) {
      const tls = node.secure(options)
      await node.fetch(`https://receiver.test:${receiver.port}`, request(tls))
    }
    expect(receiver.requests.map(({ client }) => client)).toEqual(['client.test', 'client.test'])
  })

  test('takes nothing from anyone else, though a known one has a connection open', async () => {
    await using receiver = await openSecureReceiver({ asksForClient: true })
    await using node = open()
    const url = `https://receiver.test:${receiver.port}`
    await (await node.fetch(url, request(node.secure(mutual)))).text()
    await expect(node.fetch(url, request(node.secure({ ca: 'ca.pem' })))).rejects.toThrow()
    await expect(node.fetch(url, request())).rejects.toThrow()
    expect(receiver.requests).toHaveLength(1)
  })
})

test('different options never share a connection', async () => {
  await using receiver = await openSecureReceiver()
  await using node = open()
  const url = `https://receiver.test:${receiver.port}`
  const [one, two] = [node.secure(mutual), node.secure({ ca: 'ca.pem' })]
  for (const tls of [one, two, one, two]) await (await node.fetch(url, request(tls))).text()
  expect(receiver.connections).toBe(2)
})

test('closing breaks off its own connections, and no more are made', async () => {
  await using receiver = await openSecureReceiver()
  await using node = open()
  const url = `https://receiver.test:${receiver.port}`
  const [one, two] = [node.secure({ ca: 'ca.pem' }), node.secure({ ca: 'ca.pem' })]
  await one.close()
  await expect(node.fetch(url, request(one))).rejects.toThrow('have been closed')
  expect((await node.fetch(url, request(two))).status).toBe(200)
})

test('the egress rules hold here too', async () => {
  await using receiver = await openSecureReceiver()
  await using node = open()
  node.follow({ deny: ['127.0.0.1'] })
  const tls = node.secure({ ca: 'ca.pem' })
  const answer = node.fetch(`https://receiver.test:${receiver.port}`, request(tls))
  await expect(answer).rejects.toThrow('egress.deny.0')
})

describe('what cannot be used is a problem, and no key is shown:', () => {
  const cases: readonly [string, TlsOptions, string][] = [
    ['a file that is not there', { ca: 'nowhere.pem' }, 'tls.ca: is neither PEM text nor'],
    ['a file of something else', { ca: 'notes.txt' }, 'tls.ca: is no certificate'],
    ['an empty file', { ca: 'empty' }, 'tls.ca: is no certificate'],
    ['an empty key', { ...mutual, key: 'empty' }, 'tls.key: is no key of that'],
    ['a key for a certificate', { cert: pem('client.key') }, 'tls.cert: is no certificate'],
    [
      'a bundle whose last certificate is cut off',
      { ca: `# ours\n${pem('ca.pem')}${pem('ca.pem').slice(0, 100)}` },
      'tls.ca: is no certificate',
    ],
    [
      'a chain whose last certificate is broken',
      { ...mutual, cert: pem('client.pem') + BROKEN },
      'tls.cert: is no certificate',
    ],
    ['a key beside an authority', { ca: pem('ca.pem') + pem('client.key') }, 'tls.ca: is no'],
    ['a broken key', { ...mutual, key: '-----BEGIN hush' }, 'tls.key: is no key of that'],
    ["another's key", { ...mutual, key: pem('receiver.key') }, 'tls.key: is no key of that'],
    ['a key pasted badly', { ...mutual, key: 'hush' }, 'tls.key: is neither PEM text nor'],
  ]
  test.each(cases)('%s', async (_, options, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'lark-fanout-'))
    await writeFile(join(folder, 'notes.txt'), 'buy milk')
    await writeFile(join(folder, 'empty'), '')
    for (const name of Object.values(mutual)) await writeFile(join(folder, name), pem(name))
    const { secure } = createNodeFetch({ folder })
    const error = thrownBy(() => secure(options))
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toContain(message)
    expect(String(error)).not.toContain('hush')
    await rm(folder, { recursive: true })
  })

  function thrownBy(call: () => unknown): unknown {
    try {
      call()
    } catch (error) {
      return error
    }
    return undefined
  }
})
