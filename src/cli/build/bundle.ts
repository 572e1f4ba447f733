import { isBuiltin } from 'node:module'
import { build, type Message, type Plugin } from 'esbuild'
import { type MadeModules, ownFile } from './entry.ts'

/** What stands in the way: what a file imports cannot be had in a worker. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
  readonly messages: readonly Message[]

  constructor(messages: readonly Message[]) {
    super(messages.map(({ text }) => text).join('\n'))
    this.messages = messages
  }
}

/** Modules and all that they import as one script, with other names for some globals. Throws BundleError. */
export async function bundle(
  { entry, checks, unused = [] }: MadeModules,
  renamed: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, sourcefile: 'worker', resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2024',
    // Nothing of Node's is there, and a package's code for browsers comes first.
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', ...unused],
    // As Node reads TypeScript: without a tsconfig.json.
    tsconfigRaw: {},
    define: { ...renamed },
    logLevel: 'silent',
    plugins: [madeModules(checks), shareOwnModules, refuseNode],
  }).catch((error) => {
    throw isBuildFailure(error) ? new BundleError(error.errors) : error
  })
  return outputFiles[0]?.text ?? ''
}

function isBuildFailure(error: unknown): error is { readonly errors: readonly Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/** The checks import a few files of ajv's, which this package has. */
function madeModules(texts: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'made modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^checks:/ }, ({ path }) => ({ path, namespace: 'made' }))
      onLoad({ filter: /.*/, namespace: 'made' }, ({ path }) => {
        return { contents: texts[path] ?? '', loader: 'js', resolveDir: import.meta.dirname }
      })
    },
  }
}

/** Plugins anywhere on the disk import this very gateway, as they do on Node. */
const shareOwnModules: Plugin = {
  name: 'lark-fanout',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^lark-fanout$/ }, () => ({ path: ownFile('index') }))
    onResolve({ filter: /^@sinclair\/typebox$/ }, ({ path, kind, pluginData }) => {
      if (pluginData === 'own') return undefined
      return resolve(path, { kind, resolveDir: import.meta.dirname, pluginData: 'own' })
    })
  },
}

/** By `import()`, or in a `try`, esbuild takes what it cannot find for what may be missing. */
const refuseNode: Plugin = {
  name: 'no Node',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[a-z]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'looked for' || !(path.startsWith('node:') || isBuiltin(path))) return
      // A package may be called like that, or say what it has in its place for browsers.
      const { errors } = await resolve(path, { ...from, pluginData: 'looked for' })
      return errors.length > 0 ? { errors: [{ text: `Could not resolve "${path}"` }] } : undefined
    })
  },
}
