import { registerHooks } from 'node:module'
import { Readable } from 'node:stream'
import { flushed } from '../src/cli/flushed.ts'
import { runCommand } from '../src/cli/run.ts'
import { END, type Order } from './command-host.ts'

const streams = [process.stdout, process.stderr]

let hasPlugin = false
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    hasPlugin ||= resolved.url.includes('/plugins/')
    return resolved
  },
})

process.on('disconnect', () => process.exit())
process.on('message', async (order: Order) => {
  takePlace(order)
  const code = await runCommand(order.args)
  for (const stream of streams) {
    stream.write(END)
    await flushed(stream)
  }
  // A plugin may have left timers and connections behind, which the next command would meet.
  if (hasPlugin) process.exit(code)
  clearUp()
  process.send?.(code)
})

/** Makes of this process what the command's own would be. */
function takePlace({ folder, env, stdin }: Order): void {
  process.chdir(folder)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  Object.defineProperty(process, 'stdin', { value: Readable.from([stdin]), configurable: true })
}

/** A command's listeners would end with its process. */
function clearUp(): void {
  for (const stream of streams) stream.removeAllListeners('error')
  for (const name of ['unhandledRejection', 'uncaughtException', 'SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.removeAllListeners(name)
  }
}
