import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { expect } from 'vitest'
import { openReceiver } from '../receiver.ts'
import { type By, callbackOf, FEISHU, openFolder, post, run } from '../serve.ts'
import { eventually } from './eventually.ts'
import { postcard } from './postcard.ts'
import type { HostRow } from './rows.ts'

/** Webhook sinks `s0`, `s1`…, and a route to each; or to `to`. */
function routesTo(urls: readonly string[], to?: string): string {
  const sinks = urls.map((url, index) => `  s${index}: { type: webhook, url: "${url}" }\n`)
  const names = to ?? urls.map((_, index) => `s${index}`).join(', ')
  return `${FEISHU}sinks:\n${sinks.join('')}routes: [{ name: all, to: [${names}] }]\n`
}

/** A plugin, the store's threads, outgoing requests, signals: where runtimes differ most. */
export const smokeRow: HostRow = {
  name: 'SIGTERM: what is in flight is finished, exit 0',
  async run(host) {
    await using receiver = await openReceiver()
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    receiver.answerWith((response) => void answered.then(() => response.end()))
    await using folder = await openFolder({
      'routes.yaml': routesTo([receiver.url]).replace('type: webhook', 'type: postcard'),
      'plugins/postcard.ts': postcard,
    })
    await using gateway = await host.serve(folder)
    expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
    await eventually(() => expect(receiver.requests).toHaveLength(1))
    gateway.signal('SIGTERM')
    await eventually(() => expect(post(gateway.url, callbackOf())).rejects.toThrow())
    answer()
    expect(await gateway.ended).toBe(0)
    const listed = await run(folder, ['deliveries', 'list', '--json'], host)
    expect(listed.stdout).toContain('"state":"delivered"')
  },
}

export const hostRows: readonly HostRow[] = [
  {
    name: 'an edit and SIGHUP reload routes.yaml, a wrong one changes nothing',
    async run(host) {
      await using one = await openReceiver()
      await using two = await openReceiver()
      await using folder = await openFolder({ 'routes.yaml': routesTo([one.url]) })
      await using gateway = await host.serve(folder)
      await folder.write('routes.yaml', routesTo([one.url], 'nobody'))
      expect(await gateway.logged('rejected')).toContain('routes.yaml:')
      await folder.write('routes.yaml', routesTo([one.url, two.url]))
      await gateway.logged('reloaded')
      expect(await post(gateway.url, callbackOf())).toBe('200 accepted')
      const counts = () => [one, two].map(({ requests }) => requests.length)
      await eventually(() => expect(counts()).toEqual([1, 1]))
      gateway.signal('SIGHUP')
      const reloads = () => gateway.log.filter((line) => line.includes('reloaded'))
      await eventually(() => expect(reloads()).toHaveLength(2))
    },
  },
  {
    name: 'a second serve on one file is refused, and told why',
    async run(host) {
      await using folder = await openFolder({ 'routes.yaml': routesTo(['http://127.0.0.1:9']) })
      await using gateway = await host.serve(folder)
      const second = await run(folder, ['serve'], host)
      expect([second.code, second.stderr]).toEqual([
        1,
        expect.stringContaining(`is being served by process ${gateway.pid} on `),
      ])
    },
  },
  {
    name: 'send, and events list beside the gateway',
    async run(host) {
      await using receiver = await openReceiver()
      await using folder = await openFolder({ 'routes.yaml': routesTo([receiver.url]) })
      await using gateway = await host.serve(folder)
      const url = `${gateway.url}/webhook/event`
      const sent = await run(folder, ['send', '--url', url, '--count', '3'], host)
      expect(sent).toMatchObject({ code: 0, stderr: '' })
      const listed = await run(folder, ['events', 'list', '--json'], host)
      expect(listed.stdout.match(/"approval_cc"/g)).toHaveLength(3)
      await eventually(() => expect(receiver.requests).toHaveLength(3))
    },
  },
  {
    name: 'who reads slowly gets all that is printed',
    async run(host) {
      await using folder = await openFolder({})
      const whole = await run(folder, ['schema'], host)
      // More than a pipe holds.
      expect(Buffer.byteLength(whole.stdout)).toBeGreaterThan(64 * 1024)
      const by: By = ['sh', '-c', '"$@" | { sleep 1; cat; }', 'sh', ...host.by]
      expect(await run(folder, ['schema'], { env: host.env, by })).toEqual(whole)
    },
  },
  {
    name: 'what takes too long, or too much, is cut off',
    async run(host) {
      await using folder = await openFolder({ 'routes.yaml': routesTo(['http://127.0.0.1:9']) })
      await using gateway = await host.serve(folder)
      const head = 'POST /webhook/event HTTP/1.1\r\nHost: gateway\r\n'
      const answers = await Promise.all([
        answerTo(gateway.url, head),
        answerTo(gateway.url, `${head}Some: ${'a'.repeat(20_000)}\r\n\r\n`),
      ])
      expect(answers).toEqual(['HTTP/1.1 408 Request Timeout', expect.stringContaining(' 431 ')])
    },
  },
]

/** The first line of the answer to a text that stops there, once the connection is closed. */
async function answerTo(url: string, text: string): Promise<string | undefined> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(text)
  return (await textOf(socket)).split('\r\n')[0]
}
