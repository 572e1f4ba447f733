import { join } from 'node:path'
import { readEnvironment } from '../../hosts/environment.ts'
import { openNodeGateway } from '../../hosts/node.ts'
import { readConfigFile } from '../../hosts/node-config.ts'
import { createNodeLog } from '../../hosts/node-log.ts'
import { bundle } from '../build/bundle.ts'
import { makeModules } from '../build/entry.ts'
import { writeFolder } from '../build/folder.ts'
import { builtWorker } from '../build/miniflare.ts'
import { readUnexpanded } from '../build/read.ts'

/** A gateway that runs the demo's routes.yaml. */
export interface DemoGateway {
  readonly url: string
  close(): Promise<void>
}

type Variables = Readonly<Record<string, string>>

/** In this process, with its store in the folder. */
export async function openOnNode(folder: string, variables: Variables): Promise<DemoGateway> {
  const DATABASE_URL = `sqlite:${join(folder, 'lark-fanout.db')}`
  const env = { PORT: '0', HOST: '127.0.0.1', DATABASE_URL, ...variables }
  const config = await readConfigFile({ file: join(folder, 'routes.yaml'), env })
  const gateway = await openNodeGateway(config, readEnvironment(env), createNodeLog('error'))
  return { url: `http://127.0.0.1:${gateway.port}`, close: gateway.close }
}

/** In Cloudflare's own runtime, as a worker that is built as `lark-fanout build` builds it. */
export async function openOnWorkerd(folder: string, variables: Variables): Promise<DemoGateway> {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare')
  const file = await readUnexpanded(join(folder, 'routes.yaml'))
  const built = join(folder, 'worker')
  await writeFolder(built, 'demo', await bundle(await makeModules(file, folder)))
  const workerd = new Miniflare(
    convertV4MiniflareOptions({
      ...(await builtWorker(built)),
      bindings: { LOG_LEVEL: 'error', ...variables },
      resourcePersistencePath: join(folder, 'workerd'),
      log: new Log(LogLevel.NONE),
    }),
  )
  const url = await workerd.ready
  return { url: url.origin, close: () => workerd.dispose() }
}
