import { randomBytes } from 'node:crypto'
import { readEnvironment } from '../../hosts/environment.ts'
import { type NodeGateway, openNodeGateway } from '../../hosts/node.ts'
import { type ConfigFile, readConfigFile } from '../../hosts/node-config.ts'
import { createNodeLog } from '../../hosts/node-log.ts'
import { survivePlugs } from '../../hosts/node-runtime.ts'
import { createWatch } from '../../hosts/watch.ts'
import { type Arguments, fileAndEnv, flag } from '../command.ts'

/** Resolves to the exit code when it was told to stop, or had to. */
export async function runServe(args: Arguments): Promise<number> {
  const dev = flag(args, 'dev') ?? false
  const { env } = fileAndEnv(args)
  const environment = readEnvironment(dev ? { ...env, HOST: '127.0.0.1' } : env)
  const invented = new Map<string, string>()
  const inventSecret = dev ? (name: string) => invent(invented, name) : undefined
  const watch = createWatch()
  const read = () => {
    watch.forget()
    return readConfigFile({ ...fileAndEnv(args), inventSecret, reading: watch.follow })
  }
  const file = await read()
  const log = createNodeLog(environment.logLevel)
  survivePlugs(log)
  if (file.warnings) log.warn({ warnings: file.warnings }, 'routes.yaml has warnings')
  const told = toldToStop()
  const waiting = new AbortController()
  void told.then(() => waiting.abort())
  const gateway = await openNodeGateway(file, environment, log, waiting.signal).catch(
    (error: unknown) => {
      if (error !== waiting.signal.reason) throw error
    },
  )
  if (!gateway) return 0
  const reload = () => void gateway.reload(read)
  process.on('SIGHUP', reload)
  if (flag(args, 'watch') !== false) watch.start(reload)
  const { port, adminPort } = gateway
  // Every signal has its handler by now: whoever reads this line may send one.
  log.info({ host: environment.host, port, adminPort }, 'listening')
  if (dev) process.stdout.write(howToSend(file, gateway, invented))
  await Promise.race([told, gateway.died])
  watch.close()
  await gateway.close()
  log.info({}, 'drained, bye')
  return 0
}

/** The same one again after a reload. */
function invent(invented: Map<string, string>, name: string): string {
  const secret = invented.get(name) ?? randomBytes(16).toString('hex')
  invented.set(name, secret)
  return secret
}

function howToSend(
  { file, config }: ConfigFile,
  { port }: NodeGateway,
  invented: ReadonlyMap<string, string>,
): string {
  const secrets = [...invented].map(([name, value]) => `${name}=${value} `).join('')
  const source = config.sources.find(({ path }) => path !== undefined)
  if (!source) return ''
  const url = `http://127.0.0.1:${port}${source.path}`
  return `\nIn another terminal:\n\n  ${secrets}npx lark-fanout send --config ${file} --url ${url}\n\n`
}

/** Only the first signal is heard: a second one, of either kind, ends the process as it ends any other. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
    // The terminal is gone, and with it whoever watched.
    if (process.stdout.isTTY) process.stdout.once('error', () => resolve())
  })
}
