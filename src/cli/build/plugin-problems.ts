import type { Message } from 'esbuild'
import type { BundledConfig } from '../../config/bundled.ts'
import type { Problem } from '../../core/errors.ts'
import { pluginFile } from '../../hosts/node-plugs.ts'
import { BundleError, bundle } from './bundle.ts'
import { edgeSinks } from './edge-plugs.ts'

/** Which plugins cannot run in a worker, and for what they import; at the sinks that use them. */
export async function pluginProblems(
  { sinks }: BundledConfig,
  folder: string,
): Promise<readonly Problem[]> {
  const types = [...new Set(sinks.map(({ type }) => type))].filter((type) => !edgeSinks[type])
  const asking = types.map(async (type) => {
    const messages = await messagesOf(pluginFile(folder, type) ?? '')
    const users = sinks.filter((sink) => sink.type === type)
    return users.flatMap(({ name }) =>
      messages.map((message) => ({ path: `sinks.${name}.type`, message: sentence(type, message) })),
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
