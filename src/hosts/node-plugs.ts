import { existsSync, globSync } from 'node:fs'
import { join, parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../core/errors.ts'
import { isObject } from '../core/event.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import { within } from '../core/within.ts'
import { feishuWs } from '../sinks/feishu-ws.ts'
import { kafka } from '../sinks/kafka.ts'
import { kafkaRest } from '../sinks/kafka-rest.ts'
import { log } from '../sinks/log.ts'
import { webhook } from '../sinks/webhook.ts'
import { feishu } from '../sources/feishu.ts'
import { feishuWs as feishuWsSource } from '../sources/feishu-ws.ts'
import { shareOwnModules } from './share-modules.ts'

export const sourceTypes: readonly SourceType[] = [feishu, feishuWsSource]
export const sinkTypes: readonly SinkType[] = [webhook, kafka, kafkaRest, feishuWs, log]

/** A module may await at its top level, for ever. */
const LOAD_MS = 5_000

const PLUGIN_ENDINGS = ['.ts', '.js', '.mjs']

const loaded = new Map<string, SinkType>()

/**
 * The sink type of that name: a built-in one, or `plugins/<type>.ts` in the folder. Undefined when there is none;
 * rejects when there is a file and it is not a plugin. A plugin's code is loaded once a process.
 */
export async function resolveSink(folder: string, type: string): Promise<SinkType | undefined> {
  const builtIn = sinkTypes.find((known) => known.type === type)
  if (builtIn) return builtIn
  const file = pluginFile(folder, type)
  if (file === undefined) return undefined
  const plugin = loaded.get(file) ?? (await loadPlugin(file, type))
  loaded.set(file, plugin)
  return plugin
}

/** Where the plugin of that type is; undefined where there is none. */
export function pluginFile(folder: string, type: string): string | undefined {
  if (!/^[a-z][a-z0-9-]*$/.test(type)) return undefined
  const candidates = PLUGIN_ENDINGS.map((ending) => join(folder, 'plugins', `${type}${ending}`))
  return candidates.find((candidate) => existsSync(candidate))
}

/** The types of the plugins that may be in the folder, by name. */
export function pluginTypes(folder: string): readonly string[] {
  const files = globSync(`*{${PLUGIN_ENDINGS}}`, { cwd: join(folder, 'plugins') })
  const types = new Set(files.map((file) => parse(file).name))
  return [...types].filter((type) => pluginFile(folder, type) !== undefined).sort()
}

async function loadPlugin(file: string, type: string): Promise<SinkType> {
  shareOwnModules()
  const module: Record<string, unknown> = await within(
    LOAD_MS,
    () => import(pathToFileURL(file).href),
    () => new Error(`not within ${LOAD_MS / 1000} s`),
  ).catch((error) => {
    throw new Error(`plugins/${type} does not load: ${messageOf(error)}`)
  })
  const plugin = module.default
  if (!isSinkType(plugin)) {
    throw new Error(`plugins/${type} must export default defineSink({ type, options, open })`)
  }
  if (![undefined, 'object'].includes(Object(plugin.options).type)) {
    throw new Error(`plugins/${type}: options must be a JSON Schema of type object`)
  }
  if (plugin.type !== type) {
    throw new Error(`plugins/${type} defines the type "${plugin.type}": name both alike`)
  }
  return plugin
}

function isSinkType(value: unknown): value is SinkType {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'options' in value &&
    isObject(value.options) &&
    'open' in value &&
    typeof value.open === 'function'
  )
}
