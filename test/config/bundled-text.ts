import { createRequire } from 'node:module'
import { transformSync } from 'esbuild'
import { type BundledChecks, restoreConfig } from '../../src/config/bundled.ts'
import type { Config } from '../../src/config/config.ts'
import { loadUnexpanded, type UnexpandedConfig } from '../../src/config/load-unexpanded.ts'
import { standaloneSinks, standaloneSources } from '../../src/config/standalone.ts'
import { ConfigError, type Problem } from '../../src/core/errors.ts'
import { filesOf, options, sinkTypes, sourceTypes, type Texts } from './load-text.ts'

type Checks = BundledChecks['sinks']

const require = createRequire(import.meta.url)

/** The checks of a module that was made by one of config/standalone.ts. */
export function evaluate(module: string): Checks {
  const { code } = transformSync(module, { format: 'cjs' })
  const made: { exports: { default?: Checks } } = { exports: {} }
  new Function('require', 'module', 'exports', code)(require, made, made.exports)
  return made.exports.default ?? {}
}

const types = { sourceTypes, sinkTypes }
const checks: BundledChecks = {
  sources: evaluate(standaloneSources(sourceTypes)),
  sinks: evaluate(standaloneSinks(sinkTypes)),
  events: {},
}

/** As `build` reads it, for a target that lacks nothing. */
export function loadForBuild(texts: Texts): Promise<UnexpandedConfig> {
  return loadUnexpanded(filesOf(texts), { ...options, checkTarget: () => [] })
}

/** As a worker starts with it: what is bundled goes through JSON. */
export async function start(
  texts: Texts,
  env: Readonly<Record<string, string | undefined>> = options.env,
  lacking: object = {},
): Promise<Config> {
  const { config } = await loadForBuild(texts)
  const bundled = { config: JSON.parse(JSON.stringify(config)), ...types, checks, ...lacking }
  return restoreConfig(bundled, env)
}

/** The problems that a file has when it is built or, where it has none then, when the worker starts. */
export async function problemsAtEdge(
  texts: Texts,
  env?: Readonly<Record<string, string | undefined>>,
): Promise<readonly Problem[]> {
  try {
    await start(texts, env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}
