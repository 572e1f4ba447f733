import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { launchGuarded, openServerFolder, PATH } from './guarded.ts'
import { freePort } from './postgres.ts'

/** Why no pgbouncer can run here, and what brings it; undefined when one can. */
export function whyNoPgbouncer(): string | undefined {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'pipe', env: { PATH } })
    return undefined
  } catch {
    return 'no pgbouncer on the path: apt-get install pgbouncer'
  }
}

/** A pooler in transaction mode, with so few connections to its server that those who use it take turns. */
export interface Pgbouncer extends AsyncDisposable {
  /** The way to a database of the server through the pooler. */
  through(url: string): string
}

/** Else its own defaults: what they refuse, a gateway must do without. */
function settings(target: number, port: number, users: string): string {
  return `
[databases]
* = host=127.0.0.1 port=${target}
[pgbouncer]
pool_mode = transaction
default_pool_size = 4
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
`
}

/** `target` is the server's port. */
export async function openPgbouncer(target: number): Promise<Pgbouncer> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await openServerFolder('pgbouncer'))
  const port = await freePort()
  const config = join(folder.path, 'pgbouncer.ini')
  const users = join(folder.path, 'users')
  await writeFile(users, '"postgres" ""\n')
  await writeFile(config, settings(target, port, users))
  const running = await launchGuarded(folder, {
    program: 'pgbouncer',
    args: [config],
    ready: 'process up',
    endBy: 'TERM',
  })
  cleanup.defer(() => running.end())
  const kept = cleanup.move()
  return {
    through(url) {
      const way = new URL(url)
      way.port = String(port)
      return way.href
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
