import type { Config } from '../../config/config.ts'
import type { LiveSink, LiveSource, Plan } from '../../core/plan.ts'
import { within } from '../../core/within.ts'
import type { Environment } from '../../hosts/environment.ts'
import { linkFile } from '../../hosts/link-file.ts'
import type { ConfigFile } from '../../hosts/node-config.ts'
import { createNodeRuntime, type NodeRuntime, survivePlugs } from '../../hosts/node-runtime.ts'
import { silentLog } from '../../hosts/silent-log.ts'
import { concealed } from '../approvals.ts'
import { type PlacedAnswer, probe } from './probe.ts'
import { askSubscriptions, hintAt } from './subscriptions.ts'

/**
 * Opens what the file names, asks all of it at once, and gives the answers in the order of the file, without secrets;
 * those about subscriptions, which may take minutes, come last. Nothing is delivered or stored, and all is closed again.
 * Throws ConfigFileError for what cannot be opened.
 */
export async function* askAll(
  file: ConfigFile,
  { proxies }: Pick<Environment, 'proxies'>,
): AsyncGenerator<PlacedAnswer> {
  const runtime = createNodeRuntime({ folder: file.folder, log: silentLog, proxies })
  runtime.follow(file.config.egress)
  survivePlugs(silentLog)
  try {
    const plan = await linkFile(file, runtime)
    try {
      yield* askPlan(plan, file.config, runtime)
    } finally {
      await close(plan)
    }
  } finally {
    await runtime.close()
  }
}

async function* askPlan(
  plan: Plan,
  config: Config,
  runtime: NodeRuntime,
): AsyncGenerator<PlacedAnswer> {
  const asked = [
    ...plan.sources.map((live) => askSource(live, config, runtime)),
    ...[...plan.sinks.values()].map((live) => askSink(live, runtime)),
  ]
  for (const answers of asked) yield* await answers
  yield* askSubscriptions(config, runtime)
}

async function askSink({ name, sink, conceal }: LiveSink, runtime: NodeRuntime) {
  const { result, message } = await probe(sink, runtime)
  return [{ path: `sinks.${name}`, result, message: conceal(message) }]
}

async function askSource(live: LiveSource, config: Config, runtime: NodeRuntime) {
  const { name, source } = live
  const probed = await probe(source, runtime)
  const hints = hintAt(live, config)
  const isSilent = probed.result === 'unasked' && hints.length > 0
  return [...(isSilent ? [] : [probed]), ...hints].map(({ result, message }) => {
    return { path: `sources.${name}`, result, message: concealed(message, live, config) }
  })
}

const CLOSE_MS = 5_000

async function close({ sources, sinks }: Plan): Promise<void> {
  const plugs = [
    ...sources.map(({ source }) => source),
    ...[...sinks.values()].map(({ sink }) => sink),
  ]
  const late = () => new Error(`not within ${CLOSE_MS / 1000} s`)
  await Promise.allSettled(plugs.map((plug) => within(CLOSE_MS, async () => plug.close?.(), late)))
}
