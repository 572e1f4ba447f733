import { readEnvironment } from '../../../src/hosts/environment.ts'
import { openNodeGateway } from '../../../src/hosts/node.ts'
import { readConfigFile } from '../../../src/hosts/node-config.ts'
import { recordingLog } from '../../log.ts'
import { FEISHU, KEY, openFolder, TOKEN } from '../../serve.ts'

export const APP = 'cli_00000000000000aa'
export const SECRET = 'the-consumers-app-secret'

/** A gateway whose one sink is for the consumer; `options` are more of that sink's. */
export function routesOf(options = '', secret = SECRET): string {
  return `${FEISHU}sinks:
  app: { type: feishu-ws, app_id: ${APP}, app_secret: ${secret}, ${options} }
routes:
  - { name: all, to: [app] }
`
}

/** A callback with this in it is just under 1 MiB, the largest that is taken, and over it in a frame. */
export const HUGE = 'é'.repeat(523_900)

/** Encrypted, the largest callbacks would be too large to be taken. */
export function withoutKey(routes: string): string {
  return routes.replace(/\n.*encrypt_key.*/, '')
}

/** As Feishu would send a callback to a source that has no key. */
export async function postPlain(url: string, callback: object): Promise<void> {
  const body = JSON.stringify({ ...callback, token: TOKEN })
  const answer = await fetch(`${url}/webhook/event`, { method: 'POST', body })
  if (answer.status !== 200) throw new Error(`not taken: ${answer.status}`)
}

/** A real gateway in this process, on a port of its own, with a store in memory. */
export async function openGateway(routes = routesOf(), variables: Record<string, string> = {}) {
  const folder = await openFolder({ 'routes.yaml': routes })
  const file = `${folder.path}/routes.yaml`
  const env = { FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_ENCRYPT_KEY: KEY }
  const read = () => readConfigFile({ file, env })
  const log = recordingLog()
  const environment = readEnvironment({
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: 'memory:',
    ADMIN_TOKEN: 'the-operators-own-token',
    ...variables,
  })
  const gateway = await openNodeGateway(await read(), environment, log)
  const url = `http://127.0.0.1:${gateway.port}`
  return {
    url,
    log,
    /** Lines of the log with this text. */
    logged: (text: string) => log.lines.filter((line) => line.includes(text)),
    /** What the sink is still owed, and what is dead. */
    async owed(): Promise<unknown> {
      const headers = { Authorization: 'Bearer the-operators-own-token' }
      const answer = await fetch(`${url}/api/sinks`, { headers })
      const [sink] = Object(await answer.json()).items
      return { pending: sink.backlog, dead: sink.dead }
    },
    async reload(text: string) {
      await folder.write('routes.yaml', text)
      await gateway.reload(read)
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
