import { ConfigError, messageOf, type Problem } from '../core/errors.ts'
import type { LiveSink, LiveSource, Plan } from '../core/plan.ts'
import type { Sink, Source } from '../core/plugin.ts'
import { createRedaction } from '../core/redact.ts'
import type { Runtime } from '../core/runtime.ts'
import { within } from '../core/within.ts'
import type { Config, SinkConfig, SourceConfig } from './config.ts'
import { createRouting, type RoutingContext } from './routing.ts'
import { sourceLog } from './source-log.ts'
import { concealCut } from './text/report.ts'

export interface LinkContext extends RoutingContext {
  readonly runtime: Runtime
}

/**
 * Plain data to a live plan. All sources and sinks are open before it resolves; those that `previous` has with the same
 * options are taken over as they are. Throws ConfigError when one cannot be opened, having closed those that it opened.
 */
export async function link(config: Config, context: LinkContext, previous?: Plan): Promise<Plan> {
  const opening = { ...context, words: config.words }
  const opened = await Promise.allSettled([
    ...config.sources.map((source) =>
      openSource(
        source,
        opening,
        previous?.sources.find(({ name }) => name === source.name),
      ),
    ),
    ...config.sinks.map((sink) => openSink(sink, opening, previous?.sinks.get(sink.name))),
  ])
  const problems = opened.flatMap((result) =>
    result.status === 'rejected' ? [result.reason].flat() : [],
  )
  const lives = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const sinks = lives.filter((live) => 'sink' in live)
  const sources = lives.filter((live) => 'source' in live)
  if (problems.length > 0) {
    await closeNew([...sources.map(plugOf), ...sinks.map(plugOf)], previous)
    throw new ConfigError(problems)
  }
  return {
    ...createRouting(config, context),
    sources,
    sinks: new Map(sinks.map((live) => [live.name, live])),
    retention: config.retention,
    alerts: config.alerts,
    redact: createRedaction(config.redact),
    approvals: (source) => config.approvals.get(source) ?? [],
  }
}

async function openSource(
  config: SourceConfig,
  context: LinkContext & Pick<Config, 'words'>,
  previous: LiveSource | undefined,
): Promise<LiveSource> {
  const { name, path, events, fingerprint, options } = config
  const accepted = events === '*' ? undefined : new Set(events)
  const accepts = (eventType: string) => accepted?.has(eventType) ?? true
  if (previous?.fingerprint === fingerprint) return { ...previous, path, events, accepts }
  const type = context.sourceType(config.type)
  const log = sourceLog(context.runtime.log, name, context.words)
  const runtime = { ...context.runtime, log }
  const source = await openPlug(`sources.${name}`, async () => type?.open(options, runtime))
  const method = type?.connects ? 'connect' : 'receive'
  if (typeof source[method] !== 'function') throw lacks(`sources.${name}`, method)
  return { name, path, events, accepts, source, fingerprint }
}

async function openSink(
  config: SinkConfig,
  context: LinkContext & Pick<Config, 'words'>,
  previous: LiveSink | undefined,
): Promise<LiveSink> {
  const { name, type: typeName, settings, fingerprint, options } = config
  if (previous?.fingerprint === fingerprint) return previous
  const open = async () => (await context.sinkType(typeName))?.open(options, context.runtime)
  const sink = await openPlug(`sinks.${name}`, open)
  if (typeof sink.deliver !== 'function') throw lacks(`sinks.${name}`, 'deliver')
  const words = context.words.filter(({ path }) => path[0] === 'sinks' && path[1] === name)
  const conceal = (text: string) => concealCut(text, words)
  return { name, type: typeName, settings, fingerprint, sink, conceal }
}

function lacks(path: string, method: string): Problem {
  return { path, message: `cannot be opened: its open must return { ${method} }` }
}

/** A plugin that never opens must not keep the file from being reloaded. */
const OPEN_MS = 5_000
const tooLate = () => new Error(`not within ${OPEN_MS / 1000} s`)

/** Rejects with the Problem, or a list of them, that routes.yaml's author shall read. */
async function openPlug<Plug extends Source | Sink>(
  path: string,
  opening: () => Promise<Plug | undefined>,
): Promise<Plug> {
  let reason = 'its type is unknown'
  const open = async (signal: AbortSignal) => {
    const plug = await opening()
    if (signal.aborted) await plug?.close?.() // Too late: nobody else would.
    return plug
  }
  try {
    const plug = await within(OPEN_MS, open, tooLate)
    if (plug !== undefined) return plug
  } catch (error) {
    if (error instanceof ConfigError) throw error.problems.map((problem) => beneath(path, problem))
    reason = messageOf(error)
  }
  const problem: Problem = { path, message: `cannot be opened: ${reason}` }
  throw problem
}

/** A plug's own problem, whose path is relative to its options. */
function beneath(base: string, { path, message }: Problem): Problem {
  return { path: path === '' ? base : `${base}.${path}`, message }
}

async function closeNew(
  plugs: readonly (Source | Sink)[],
  previous: Plan | undefined,
): Promise<void> {
  const inUse = new Set<Source | Sink>([
    ...(previous?.sources ?? []).map(plugOf),
    ...[...(previous?.sinks.values() ?? [])].map(plugOf),
  ])
  const close = (plug: Source | Sink) => within(OPEN_MS, async () => plug.close?.(), tooLate)
  await Promise.allSettled(plugs.filter((plug) => !inUse.has(plug)).map(close))
}

function plugOf(live: LiveSource | LiveSink): Source | Sink {
  return 'source' in live ? live.source : live.sink
}
