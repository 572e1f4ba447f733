import { join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Variable } from '../../config/text/env.ts'
import { type Arguments, configFile, oneOf, text, UsageError } from '../command.ts'
import { BundleError, bundle } from './bundle.ts'
import { makeModules } from './entry.ts'
import { checkFolder, writeFolder } from './folder.ts'
import { pluginProblems, pluginWarnings } from './plugin-problems.ts'
import { privateHosts } from './private-hosts.ts'
import { readUnexpanded, type UnexpandedFile } from './read.ts'
import { TARGETS } from './targets.ts'
import { LOCATIONS } from './wrangler.ts'

/** Writes the folder. Resolves to the exit code. */
export async function runBuild(args: Arguments): Promise<number> {
  if (oneOf(args, 'target', TARGETS) === undefined) {
    throw new UsageError(`--target is missing: there is ${TARGETS.join(', ')}`)
  }
  const name = workerName(text(args, 'name') ?? '')
  const location = oneOf(args, 'location', LOCATIONS)
  const file = await readUnexpanded(configFile(args))
  warn(file.warnings)
  const folder = resolve(text(args, 'out') ?? join(file.folder, 'dist-cloudflare'))
  await checkFolder(folder, name)
  const script = await bundleFile(file)
  warn(
    file.report([
      ...privateHosts(file.config),
      ...(await pluginWarnings(file.config, file.folder)),
    ]),
  )
  await writeFolder(folder, name, script, location)
  process.stdout.write(report(relative('', folder) || '.', script, file.variables))
  return 0
}

function warn(text: string): void {
  if (text) process.stderr.write(`${text}\n\n`)
}

function workerName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name
  throw new UsageError('--name must be small letters, digits and hyphens, 63 at most')
}

async function bundleFile(file: UnexpandedFile): Promise<string> {
  try {
    return await bundle(await makeModules(file, file.folder))
  } catch (error) {
    if (!(error instanceof BundleError)) throw error
    const problems = await pluginProblems(file.config, file.folder)
    throw problems.length > 0 ? file.fail(problems) : error
  }
}

function report(folder: string, script: string, variables: readonly Variable[]): string {
  const sizes = [
    `${kilobytes(Buffer.byteLength(script))} minified`,
    `${kilobytes(gzipSync(script).length)} gzipped`,
  ]
  const opensApi = variables.some(({ name }) => name === 'ADMIN_TOKEN')
  const lines = [
    `${folder}/worker.js       ${sizes.join(', ')}`,
    `${folder}/wrangler.jsonc`,
    '',
    `  cd ${shellWord(folder)}`,
    ...variables.map(({ name, isOptional }) => put(name, isOptional && 'has a default')),
    ...(opensApi ? [] : [put('ADMIN_TOKEN', 'opens the API')]),
    '  npx wrangler deploy',
  ]
  return `${lines.join('\n')}\n`
}

/** `why` it need not be set. */
function put(name: string, why: string | false): string {
  return `  npx wrangler secret put ${name}${why ? `  # optional: ${why}` : ''}`
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} KB`
}
