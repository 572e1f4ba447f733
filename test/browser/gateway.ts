import { openReceiver, type Receiver, status } from '../receiver.ts'
import { callbackOf, FEISHU, type Folder, openFolder, post, type Served, serve } from '../serve.ts'

export const ADMIN_TOKEN = 'a-token-of-the-operators'
export const VIEWER_TOKEN = 'a-token-for-who-only-looks'
export const APPROVAL = '7C468A54-8745-2245-9675-08B7C63E7A85'

export interface Desk extends AsyncDisposable {
  readonly gateway: Served
  readonly folder: Folder
  /** Gives up after one attempt, and gets only what was created. */
  readonly finance: Receiver
  /** Gets everything. */
  readonly archive: Receiver
  /** Posts an event as Feishu does; resolves to its id once it is accepted. */
  send(operate: string, more?: object): Promise<string>
}

function routesOf(finance: Receiver, archive: Receiver, sinks: string, routes: string): string {
  return `${FEISHU}sinks:
  finance: { type: webhook, url: "${finance.url}", retry: { attempts: 1, quick: 0 } }
  archive: { type: webhook, url: "${archive.url}" }
${sinks}routes:
  - { name: finance-created, match: { approval_code: ${APPROVAL}, operate: CREATE }, to: [finance] }
  - { name: everything, to: [archive] }
${routes}`
}

/** A gateway in a process of its own, and two that receive: finance is out of order for the first. With more sinks and routes, where they are given. */
export async function openDesk(sinks = '', routes = ''): Promise<Desk> {
  const [finance, archive] = await Promise.all([openReceiver(), openReceiver()])
  finance.answerWith(status(500, {}, 'out of order'), status(200))
  const folder = await openFolder({ 'routes.yaml': routesOf(finance, archive, sinks, routes) })
  const gateway = await serve(folder, { ADMIN_TOKEN, VIEWER_TOKEN, DATABASE_URL: 'memory:' })
  const parts = [gateway, folder, finance, archive]
  return {
    gateway,
    folder,
    finance,
    archive,
    async send(operate, more = {}) {
      const callback = callbackOf({ approval_code: APPROVAL, operate, ...more })
      const answer = await post(gateway.url, callback)
      if (!/^200 (accepted|quarantined)$/.test(answer)) throw new Error(answer)
      return callback.uuid
    },
    async [Symbol.asyncDispose]() {
      for (const part of parts) await part[Symbol.asyncDispose]()
    },
  }
}
