import { fileURLToPath } from 'node:url'
import type { UnexpandedConfig } from '../../config/load-unexpanded.ts'
import { standaloneEvents, standaloneSinks, standaloneSources } from '../../config/standalone.ts'
import { eventSchemas } from '../../feishu/event-schemas.ts'
import { readConsoleAssets } from '../../hosts/console-assets.ts'
import { pluginFile, resolveSink, sourceTypes } from '../../hosts/node-plugs.ts'
import { edgeSinks, edgeSources, type OwnModule } from './edge-plugs.ts'

/** The modules of a worker that stand in no file. */
export interface MadeModules {
  readonly entry: string
  /** What `entry` imports of them, by name. */
  readonly checks: Readonly<Record<string, string>>
  /** Modules that are loaded when they are needed, as they are imported, and that nothing here will need. */
  readonly unused?: readonly string[]
}

/** JSONata and its regular expressions are 80 KB gzipped. */
const OF_TRANSFORMS = ['./transform/*']

/** The file, the code that it names, and its checks, compiled. */
export async function makeModules(
  { config, schemas }: Pick<UnexpandedConfig, 'config' | 'schemas'>,
  folder: string,
): Promise<MadeModules> {
  const sources = typesIn(config.sources)
  const sinks = typesIn(config.sinks)
  const plugs = await Promise.all(sinks.map((type) => resolveSink(folder, type)))
  const imports = [
    importOwn({ file: 'hosts/edge/worker', name: 'createWorker' }, 'createWorker'),
    ...sources.map((type, index) =>
      importPlug(`source${index}`, edgeSources.get(type), folder, type),
    ),
    ...sinks.map((type, index) => importPlug(`sink${index}`, edgeSinks.get(type), folder, type)),
    ...['sources', 'sinks', 'events', 'schemas'].map(
      (name) => `import ${name} from "checks:${name}"`,
    ),
  ]
  return {
    entry: `${imports.join('\n')}
const worker = createWorker({
  config: JSON.parse(${JSON.stringify(JSON.stringify(config))}),
  sourceTypes: [${sources.map((_, index) => `source${index}`)}],
  sinkTypes: [${sinks.map((_, index) => `sink${index}`)}],
  checks: { sources, sinks, events: { ...events, ...schemas } },
  assets: JSON.parse(${JSON.stringify(JSON.stringify(readConsoleAssets()))}),
})
export default worker.handler
export const { Gateway, Outgoing } = worker
`,
    checks: {
      'checks:sources': standaloneSources(sourceTypes.filter(({ type }) => sources.includes(type))),
      'checks:sinks': standaloneSinks(plugs.filter((plug) => plug !== undefined)),
      // Of all types: a replay checks events of types that no source accepts any more.
      'checks:events': standaloneEvents(eventSchemas),
      'checks:schemas': standaloneEvents(schemas, 'theirs'),
    },
    unused: config.sinks.some(({ written }) => written.transform !== undefined)
      ? []
      : OF_TRANSFORMS,
  }
}

/** Each once, in the order of the file. */
function typesIn(entries: readonly { readonly type: string }[]): readonly string[] {
  return [...new Set(entries.map(({ type }) => type))]
}

/** This package's own module, in the source or as it is published. */
export function ownFile(name: string): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../../${name}.${ending}`, import.meta.url))
}

function importOwn({ file, name }: OwnModule, as: string): string {
  return `import { ${name} as ${as} } from ${JSON.stringify(ownFile(file))}`
}

function importPlug(as: string, own: OwnModule | undefined, folder: string, type: string): string {
  if (own) return importOwn(own, as)
  return `import ${as} from ${JSON.stringify(pluginFile(folder, type))}`
}
