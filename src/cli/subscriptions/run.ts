import type { SourceConfig } from '../../config/config.ts'
import type { JsonObject } from '../../core/event.ts'
import type { Subscription, WantedApproval } from '../../core/plugin.ts'
import { printable } from '../../core/printable.ts'
import type { Runtime } from '../../core/runtime.ts'
import { appOf } from '../../feishu/app-options.ts'
import { readEnvironment } from '../../hosts/environment.ts'
import { type ConfigFile, readConfigFile } from '../../hosts/node-config.ts'
import { createNodeRuntime } from '../../hosts/node-runtime.ts'
import { silentLog } from '../../hosts/silent-log.ts'
import {
  concealed,
  type Part,
  partsOf,
  type Results,
  shownCode,
  subscribeAll,
} from '../approvals.ts'
import { type Arguments, fileAndEnv, UsageError } from '../command.ts'
import { createPrinter, field, shown } from '../data/list.ts'

/** Resolves to the exit code. */
export async function runList(args: Arguments): Promise<number> {
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
}

/** Resolves to the exit code. */
export async function runSync(args: Arguments): Promise<number> {
  const { file: name, env } = fileAndEnv(args)
  const file = await readConfigFile({ file: name, env })
  const { proxies } = readEnvironment(env)
  const work = workOf(file)
  // Whoever reads may have seen enough: what is asked for is made all the same.
  process.stdout.on('error', () => {})
  const runtime = createNodeRuntime({ folder: file.folder, log: silentLog, proxies })
  runtime.follow(file.config.egress)
  try {
    return await syncAll(args, file, work, runtime)
  } finally {
    await runtime.close()
  }
}

function workOf({ config }: ConfigFile): readonly Part[] {
  const parts = partsOf(config)
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
  if (work.every(({ wanted }) => wanted.length === 0)) say(NONE_NAMED)
  let isComplete = true
  for await (const { part, results } of subscribeAll(work, runtime)) {
    isComplete &&= results.every(isSubscribed)
    print(results.map((result) => resultShape(result, part, file)))
    explain({ part, results }, file)
  }
  return isComplete ? 0 : 1
}

function isSubscribed({ state }: Subscription): boolean {
  return state === 'subscribed' || state === 'already subscribed'
}

/** Why, each reason once. */
function explain({ part: { source }, results }: Results, { config }: ConfigFile): void {
  const reasons = Map.groupBy(results, ({ message }) => message)
  for (const [message, those] of reasons) {
    if (message === '') continue
    const [first = '', ...others] = those.map(({ code }) => shownCode(code, config))
    const which = others.length > 0 ? `${first} and ${others.length} more` : first
    say(`${source.name}, ${which}: ${concealed(message, source, config)}`)
  }
}

const NONE_NAMED = 'no enabled route names an approval_code'

function wantedBy({ name }: SourceConfig, { config }: ConfigFile): readonly WantedApproval[] {
  return config.approvals.get(name) ?? []
}

function shapeOf({ code, places }: WantedApproval, source: SourceConfig, { config }: ConfigFile) {
  return { source: source.name, approval_code: shownCode(code, config), places: [...places] }
}

function resultShape(result: Subscription, { source, wanted }: Part, file: ConfigFile): JsonObject {
  const { code, state, message } = result
  const { places = [] } = wanted.find((approval) => approval.code === code) ?? {}
  const shape = shapeOf({ code, places }, source, file)
  return {
    ...shape,
    state,
    message: message === '' ? null : concealed(message, source, file.config),
  }
}

function placesIn({ places }: JsonObject): string {
  return Array.isArray(places) ? places.join(', ') : shown(places)
}

function adviseOn(source: SourceConfig): void {
  if (source.options.subscribe === true) return
  const advice = appOf(source.options)
    ? 'set subscribe: true, or run lark-fanout subscriptions sync after each change'
    : 'give it app_id, app_secret and subscribe: true, or see to it elsewhere'
  say(`${source.name} does not subscribe by itself: ${advice}`)
}

/** Beside the list, which may go to a program. */
function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}
