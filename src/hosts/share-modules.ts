import nodeModule from 'node:module'

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const ownIndex = new URL(`../index.${ending}`, import.meta.url).href

let isShared = false

/** Plugins anywhere on the disk `import … from 'lark-fanout'` and get this very gateway, whatever is installed there. */
export function shareOwnModules(): void {
  if (isShared) return
  isShared = true
  const bun = bunOf(globalThis)
  if (bun) shareInBun(bun)
  else shareByHooks()
}

/** Deno asks its deno.json before the hooks. */
function shareByHooks(): void {
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'lark-fanout') return { url: ownIndex, shortCircuit: true }
      const parentURL = specifier === '@sinclair/typebox' ? import.meta.url : context.parentURL
      return next(specifier, { ...context, parentURL })
    },
  })
}

/** What is used of Bun, which has no hooks: https://bun.sh/docs/runtime/plugins#virtual-modules */
interface Bun {
  plugin(options: { readonly name: string; setup(build: BunBuild): void }): void
}

interface BunBuild {
  module(name: string, load: () => Promise<{ exports: object; loader: 'object' }>): void
}

function bunOf(global: object): Bun | undefined {
  return 'Bun' in global ? (global.Bun as Bun) : undefined
}

function shareInBun(bun: Bun): void {
  const own = {
    'lark-fanout': ownIndex,
    '@sinclair/typebox': import.meta.resolve('@sinclair/typebox'),
  }
  bun.plugin({
    name: 'lark-fanout',
    setup(build) {
      for (const [name, url] of Object.entries(own)) {
        build.module(name, async () => ({ exports: await import(url), loader: 'object' }))
      }
    },
  })
}
