import type { Message } from 'esbuild'
import type { BundledConfig } from '../../config/bundled.ts'
import type { Problem } from '../../core/errors.ts'
import { pluginFile } from '../../hosts/node-plugs.ts'
import { BundleError, bundle } from './bundle.ts'
import { edgeSinks } from './edge-plugs.ts'

/** Which plugins cannot run in a worker, and for what they import; at the sinks that use them. */
export function pluginProblems(config: BundledConfig, folder: string): Promise<readonly Problem[]> {
  return ofPlugins(config, folder, async (type, file) => {
    const messages = await messagesOf(file)
    return messages.map((message) => sentence(type, message))
  })
}

/** Which plugins may fail in a worker, for globals of Node's that they rely on; at the sinks that use them. */
export function pluginWarnings(config: BundledConfig, folder: string): Promise<readonly Problem[]> {
  return ofPlugins(config, folder, async (type, file) => {
    const names = await nodeGlobalsIn(file)
    return names.map((name) => `plugins/${type} uses ${name}, which a worker has not`)
  })
}

async function ofPlugins(
  { sinks }: BundledConfig,
  folder: string,
  ask: (type: string, file: string) => Promise<readonly string[]>,
): Promise<readonly Problem[]> {
  const types = [...new Set(sinks.map(({ type }) => type))].filter((type) => !edgeSinks.has(type))
  const asking = types.map(async (type) => {
    const messages = await ask(type, pluginFile(folder, type) ?? '')
    const users = sinks.filter((sink) => sink.type === type)
    return users.flatMap(({ name }) =>
      messages.map((message) => ({ path: `sinks.${name}.type`, message })),
    )
  })
  return (await Promise.all(asking)).flat()
}

async function messagesOf(file: string): Promise<readonly Message[]> {
  try {
    await bundle({ entry: `import ${JSON.stringify(file)}`, checks: {} })
    return []
  } catch (error) {
    if (error instanceof BundleError) return error.messages
    throw error
  }
}

function sentence(type: string, { text, location }: Message): string {
  const [, wanted] = /^Could not resolve "(.*)"$/.exec(text) ?? []
  const where = location ? ` (${location.file}:${location.line})` : ''
  if (wanted === undefined) return `plugins/${type} cannot be bundled: ${text}${where}`
  return `plugins/${type} cannot run in a worker: it imports ${wanted}, which a worker has not${where}`
}

const NODE_GLOBALS = ['Buffer', 'process', 'global', 'setImmediate', '__dirname', '__filename']

/** Code that asks for the `typeof` one does without it. */
async function nodeGlobalsIn(file: string): Promise<readonly string[]> {
  const marked = (name: string) => `of_node_${name}`
  const entry = `export { default } from ${JSON.stringify(file)}`
  const renamed = Object.fromEntries(NODE_GLOBALS.map((name) => [name, marked(name)]))
  const script = await bundle({ entry, checks: {} }, renamed)
  return NODE_GLOBALS.filter((name) => {
    return script.includes(marked(name)) && !script.includes(`typeof ${marked(name)}`)
  })
}
