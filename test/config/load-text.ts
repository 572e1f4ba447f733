import { Type } from '@sinclair/typebox'
import type { Config } from '../../src/config/config.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import { formatProblems } from '../../src/config/problems.ts'
import type { TextFile } from '../../src/config/text/files.ts'
import { ConfigError, type Problem } from '../../src/core/errors.ts'
import { defineSink } from '../../src/core/plugin.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'
import { kafka } from '../../src/sinks/kafka.ts'
import { kafkaRest } from '../../src/sinks/kafka-rest.ts'
import { log } from '../../src/sinks/log.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import { feishu } from '../../src/sources/feishu.ts'

/** Stands for a plugin: options in every manner of JSON Schema, and a check of its own. */
const robot = defineSink({
  type: 'robot',
  concurrency: 3,
  options: {
    type: 'object',
    properties: {
      webhook_url: { type: 'string', secret: true },
      mode: { anyOf: [{ const: 'card' }, { const: 'text' }], default: 'card' },
      login: {
        anyOf: [
          {
            type: 'object',
            properties: {
              by: { type: 'string', const: 'key' },
              key: { type: 'string', secret: true },
            },
            required: ['by', 'key'],
          },
          {
            type: 'object',
            properties: { by: { type: 'string', const: 'name' }, name: { type: 'string' } },
            required: ['by', 'name'],
          },
        ],
      },
      retries: { type: 'integer', exclusiveMinimum: 0 },
    },
    required: ['webhook_url'],
  },
  check: ({ mode, login }) =>
    mode === 'text' && login !== undefined
      ? [{ path: 'login', message: 'has no meaning with mode text' }]
      : [],
  open: () => ({ deliver: async () => {} }),
})

/** One whose options hang on each other: by its schema, and by its own check. */
const switched = defineSink({
  type: 'switched',
  options: {
    type: 'object',
    properties: { mode: { type: 'string' }, name: { type: 'string' }, size: { type: 'integer' } },
    if: { type: 'object', properties: { mode: { const: 'key' } }, required: ['mode'] },
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
    then: { type: 'object', properties: { key: { type: 'string' } } },
    else: { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] },
  },
  check: ({ mode, name }) =>
    mode !== 'key' && name === undefined ? [{ path: 'name', message: 'is required' }] : [],
  open: () => ({ deliver: async () => {} }),
})

/** One whose schema counts the options that all sinks have, and whose url belongs to one sink. */
const counted = defineSink({
  type: 'counted',
  unique: 'url',
  options: { type: 'object', properties: { url: { type: 'string' } }, minProperties: 2 },
  open: () => ({ deliver: async () => {} }),
})

/** A plug that claims an option of the gateway's own, and one that is no schema at all. */
const greedy = defineSink({
  type: 'greedy',
  options: Type.Object({ timeout: Type.Number() }),
  open: () => ({ deliver: async () => {} }),
})
const broken = defineSink({
  type: 'broken',
  options: { type: 'object', properties: { a: { type: 'strnig' } } },
  open: () => ({ deliver: async () => {} }),
})

export const sourceTypes = [feishu]
const builtInSinks = [webhook, kafka, kafkaRest, log]
export const sinkTypes = [...builtInSinks, robot, switched, counted]
const sinks = [...sinkTypes, greedy, broken]

export const options: LoadOptions = {
  env: { TOKEN: 'token-from-outside', EMPTY: '', BLANK: ' ', SHORT: 'ab' },
  readFile: (path) => {
    if (path === '/run/secrets/token') return 'token-from-file\n'
    if (path === '/run/secrets/empty') return '\n'
    throw new Error('ENOENT: no such file')
  },
  sources: sourceTypes,
  resolveSink: async (type) => {
    if (type === 'exploding') throw new Error('plugins/exploding does not load: boom')
    return sinks.find((sink) => sink.type === type)
  },
  sinkTypes: ['webhook', 'kafka', 'log'],
  eventSchemas,
  readSchema: async () => {
    throw new Error('ENOENT: no such file')
  },
}

/** The text of routes.yaml alone, or texts by the names of their files, routes.yaml first. */
export type Texts = string | Readonly<Record<string, string>>

export function filesOf(texts: Texts): readonly TextFile[] {
  const byName = typeof texts === 'string' ? { 'routes.yaml': texts } : texts
  return Object.entries(byName).map(([name, text]) => ({ name, text }))
}

export function load(texts: Texts, more: Partial<LoadOptions> = {}): Promise<Config> {
  return loadConfig(filesOf(texts), { ...options, ...more })
}

/** The problems of a text, none where it loads. Anything but a ConfigError is thrown on. */
export async function problemsOf(
  texts: Texts,
  more: Partial<LoadOptions> = {},
): Promise<readonly Problem[]> {
  try {
    await load(texts, more)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

/** `12:5 sinks.finance.retry: must be …`; with the file's name where it is not routes.yaml. */
export function short({ file, line, column, path, message }: Problem): string {
  const place = [file === 'routes.yaml' ? undefined : file, line, column]
  return [place.filter((part) => part !== undefined).join(':'), path && `${path}:`, message]
    .filter(Boolean)
    .join(' ')
}

export async function report(texts: Texts): Promise<string> {
  return formatProblems(filesOf(texts), await problemsOf(texts))
}
