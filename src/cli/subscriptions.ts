import type { SourceConfig } from '../config/config.ts'
import { concealAll } from '../config/text/report.ts'
import type { JsonObject } from '../core/event.ts'
import type { Subscription, WantedApproval } from '../core/plugin.ts'
import { printable } from '../core/printable.ts'
import type { Runtime } from '../core/runtime.ts'
import { appOf, type FeishuApp } from '../feishu/app-options.ts'
import { subscribeNow } from '../feishu/subscriptions.ts'
import { readEnvironment } from '../hosts/environment.ts'
import { type ConfigFile, readConfigFile } from '../hosts/node-config.ts'
import { createNodeLog } from '../hosts/node-log.ts'
import { createNodeRuntime } from '../hosts/node-runtime.ts'
import {
  type Arguments,
  type CommandGroup,
  configHelp,
  configOption,
  fileAndEnv,
  UsageError,
} from './command.ts'
import { createPrinter, field, shown } from './data/list.ts'
import { createProgressLine } from './data/progress-line.ts'

const options = { ...configOption, json: { type: 'boolean' } } as const
const jsonHelp = '--json          one JSON object a line'

const list: CommandGroup['commands'][string] = {
  summary: 'which approvals the routes name; asks nobody',
  usage: '[--json] [--config FILE]',
  help: `The approvals that enabled routes name, by the source that brings their events, and where routes.yaml names them.
Feishu sends the events of an approval only to apps that have subscribed to it.

${configHelp}
${jsonHelp}`,
  options,
  async run(args) {
    const file = await readConfigFile(fileAndEnv(args))
    const print = createPrinter(args, {
      SOURCE: field('source'),
      'APPROVAL CODE': field('approval_code'),
      'SUBSCRIBES ITSELF': ({ subscribe }) => (subscribe === true ? 'yes' : 'no'),
      'NAMED AT': placesIn,
    })
    const named = file.config.sources.map((source) => ({ source, wanted: wantedBy(source, file) }))
    for (const { source, wanted } of named) {
      const subscribe = source.options.subscribe === true
      print(wanted.map((approval) => ({ ...shapeOf(approval, source, file), subscribe })))
    }
    const needed = named.filter(({ wanted }) => wanted.length > 0)
    for (const { source } of needed) adviseOn(source)
    if (needed.length === 0) say(NONE_NAMED)
    return 0
  },
}

const sync: CommandGroup['commands'][string] = {
  summary: 'subscribe to them now',
  usage: '[--json] [--config FILE]',
  help: `Subscribes to every approval that an enabled route names, for each source that has app_id and app_secret, whether or
not it has subscribe: true. What is subscribed already stays so. At Feishu's pace: 90 a minute.

Exit code 0 when all are subscribed, 1 when one is unknown to Feishu or failed.

${configHelp}
${jsonHelp}`,
  options,
  async run(args) {
    const { file: name, env } = fileAndEnv(args)
    const file = await readConfigFile({ file: name, env })
    const { proxies } = readEnvironment(env)
    const work = workOf(file)
    const runtime = createNodeRuntime({
      folder: file.folder,
      log: createNodeLog('silent'),
      proxies,
    })
    runtime.follow(file.config.egress)
    try {
      return await syncAll(args, file, work, runtime)
    } finally {
      await runtime.close()
    }
  },
}

/** A source, its app, and what is to be subscribed for it. */
interface Part {
  readonly source: SourceConfig
  readonly app: FeishuApp
  readonly wanted: readonly WantedApproval[]
}

function workOf(file: ConfigFile): readonly Part[] {
  const parts = file.config.sources.flatMap((source): Part[] => {
    const app = appOf(source.options)
    return app ? [{ source, app, wanted: wantedBy(source, file) }] : []
  })
  if (parts.length > 0) return parts
  throw new UsageError('no source has app_id and app_secret, which it takes to subscribe')
}

async function syncAll(
  args: Arguments,
  file: ConfigFile,
  work: readonly Part[],
  runtime: Runtime,
): Promise<number> {
  const print = createPrinter(args, {
    SOURCE: field('source'),
    'APPROVAL CODE': field('approval_code'),
    RESULT: field('state'),
    'NAMED AT': placesIn,
  })
  const total = work.reduce((sum, { wanted }) => sum + wanted.length, 0)
  if (total === 0) say(NONE_NAMED)
  const line = createProgressLine({ noun: 'approvals', total })
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('not asked: the command was stopped'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let done = 0
  let isComplete = true
  for (const part of work) {
    const results = await subscribeNow(part.app, part.wanted, runtime, {
      signal: stopping.signal,
      progress: (count) => line.show(done + count),
    })
    line.end()
    done += results.length
    isComplete &&= results.every(isSubscribed)
    print(results.map((result) => resultShape(result, part, file)))
    explain(results, part, file)
  }
  process.off('SIGINT', stop).off('SIGTERM', stop)
  return isComplete ? 0 : 1
}

function isSubscribed({ state }: Subscription): boolean {
  return state === 'subscribed' || state === 'already subscribed'
}

/** Why what failed did, each reason once. */
function explain(results: readonly Subscription[], { source }: Part, file: ConfigFile): void {
  const failed = results.filter(({ state }) => state === 'failed')
  for (const message of new Set(failed.map((result) => result.message))) {
    say(`${source.name}: ${concealed(message, source, file)}`)
  }
}

const NONE_NAMED = 'no enabled route names an approval_code'

function wantedBy({ name }: SourceConfig, { config }: ConfigFile): readonly WantedApproval[] {
  return config.approvals.get(name) ?? []
}

function shapeOf({ code, places }: WantedApproval, source: SourceConfig, { config }: ConfigFile) {
  // A code that comes from a variable is shown as routes.yaml has it.
  const word = config.words.find(({ value }) => value === code)
  return { source: source.name, approval_code: word?.shown ?? code, places: [...places] }
}

function resultShape(result: Subscription, { source, wanted }: Part, file: ConfigFile): JsonObject {
  const { code, state, message } = result
  const { places = [] } = wanted.find((approval) => approval.code === code) ?? {}
  const shape = shapeOf({ code, places }, source, file)
  return { ...shape, state, message: message === '' ? null : concealed(message, source, file) }
}

function concealed(message: string, { name }: SourceConfig, { config }: ConfigFile): string {
  const isOwn = (path: readonly string[]) => path[0] === 'sources' && path[1] === name
  const words = config.words.filter(({ path }) => isOwn(path))
  return concealAll(message, words)
}

function placesIn({ places }: JsonObject): string {
  return Array.isArray(places) ? places.join(', ') : shown(places)
}

function adviseOn(source: SourceConfig): void {
  if (source.options.subscribe === true) return
  const todo = appOf(source.options)
    ? 'set subscribe: true, or run lark-fanout subscriptions sync after each change'
    : 'give it app_id, app_secret and subscribe: true, or see to it elsewhere'
  say(`${source.name} does not subscribe by itself: ${todo}`)
}

/** Beside the list, which may go to a program. */
function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

export const subscriptions: CommandGroup = { commands: { list, sync } }
