import { existsSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { type Env, readEnvironment } from '../../hosts/environment.ts'
import {
  type Arguments,
  configHelp,
  configOption,
  fileAndEnv,
  text,
  UsageError,
} from '../command.ts'
import type { Data } from './data.ts'

/** Where the data is: options of every command on it. */
export const dataOptions = { ...configOption, url: { type: 'string' } } as const

export const dataHelp = `Opens DATABASE_URL, beside a gateway that may be running, which notices within a second.

${configHelp}
--url URL       ask the running gateway there instead, with ADMIN_TOKEN from the environment`

/** Runs a command's work on the data that its arguments name. */
export async function withData<T>(args: Arguments, work: (data: Data) => Promise<T>): Promise<T> {
  // Whoever reads has seen enough: `events list --all | head`.
  process.stdout.once('error', () => process.exit(0))
  const data = await openData(args)
  try {
    return await work(data)
  } finally {
    await data.close()
  }
}

/** Of the two ways to the data only the one that is gone is loaded. */
async function openData(args: Arguments): Promise<Data> {
  const { file, env } = fileAndEnv(args)
  const url = text(args, 'url')
  if (url !== undefined) {
    const gateway = { url: gatewayUrl(url), token: tokenOf(env), actor: whoAsks() }
    return (await import('./remote.ts')).openRemote(gateway)
  }
  const { store } = readEnvironment(env)
  if (store.kind === 'memory') {
    throw new UsageError(
      'DATABASE_URL is memory:, which no other process can open: name the running gateway with --url',
    )
  }
  if (store.kind === 'sqlite' && !existsSync(store.file)) {
    throw new Error(
      `${store.file} does not exist: start the gateway first, or name the right DATABASE_URL`,
    )
  }
  const beside = { store, configFile: file, env, actor: `cli ${whoAsks()}` }
  return (await import('./beside.ts')).openBeside(beside)
}

function gatewayUrl(url: string): string {
  const { protocol, username, password, search, hash } = URL.canParse(url) ? new URL(url) : noUrl
  if (!['http:', 'https:'].includes(protocol) || username || password || search || hash) {
    throw new UsageError('--url must be a plain URL, such as http://127.0.0.1:3000')
  }
  return url
}

const noUrl = { protocol: '', username: '', password: '', search: '', hash: '' }

function tokenOf({ ADMIN_TOKEN }: Env): string {
  if (!ADMIN_TOKEN) {
    throw new UsageError('--url needs ADMIN_TOKEN in the environment: the one of that gateway')
  }
  if (/^[\x21-\x7e]+$/.test(ADMIN_TOKEN)) return ADMIN_TOKEN
  throw new UsageError('ADMIN_TOKEN has characters that no header can carry')
}

/** For the audit: `alice@host`. */
function whoAsks(): string {
  return `${userName()}@${hostname()}`.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 96)
}

/** A container may run as a user without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`.replace(' ', '-')
  }
}
