import type { SinkConfig } from '../../config/config.ts'
import { ConfigError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import { noSuchSink, sinkNames } from '../../core/known-sinks.ts'
import type { Backlog, Ledger, Pause } from '../../core/ledger.ts'
import { pausedBy } from '../../core/pauses.ts'
import type { ConfigFile } from '../../hosts/node-config.ts'
import { sinkShape } from '../../http/api/shapes.ts'
import { UsageError } from '../command.ts'

/** What routes.yaml and the store say of the sinks. */
export interface KnownSinks {
  /** Undefined where routes.yaml cannot be read. */
  readonly configs: readonly SinkConfig[] | undefined
  readonly backlogs: readonly Backlog[]
  readonly pauses: readonly Pause[]
}

/** Whoever is on call may lack the secrets that routes.yaml needs: without it the store's word has to do. */
export async function readSinks(
  ledger: Pick<Ledger, 'backlog' | 'pauses'>,
  readConfig: () => Promise<ConfigFile>,
): Promise<KnownSinks> {
  const [configs, backlogs, pauses] = await Promise.all([
    readConfig().then(({ config }) => config.sinks, warn),
    ledger.backlog(),
    ledger.pauses(),
  ])
  return { configs, backlogs, pauses }
}

function warn(error: unknown): undefined {
  if (!(error instanceof ConfigError)) throw error
  const [first] = error.message.split('\n')
  process.stderr.write(`going by the store alone, for routes.yaml cannot be read: ${first}\n`)
}

/** Throws UsageError where there is no sink of that name. */
export function mustBeKnown(name: string, sinks: KnownSinks): void {
  const names = namesOf(sinks)
  if (sinks.configs !== undefined && !names.includes(name)) {
    throw new UsageError(noSuchSink(name, names))
  }
}

function namesOf({ configs = [], backlogs }: KnownSinks): readonly string[] {
  return sinkNames(
    configs.map(({ name }) => name),
    backlogs,
  )
}

/** What only a running gateway knows is null. */
export function sinkShapes(sinks: KnownSinks): JsonObject[] {
  return namesOf(sinks).map((name) => {
    const config = sinks.configs?.find((each) => each.name === name)
    const shape = sinkShape({
      name,
      live: config,
      lane: undefined,
      backlog: sinks.backlogs.find(({ sink }) => sink === name),
      pausedBy: pausedBy(name, config, sinks.pauses),
    })
    return { ...shape, ...ofTheGatewayAlone, ...(!sinks.configs && { configured: null }) }
  })
}

const ofTheGatewayAlone = {
  breaker: null,
  ready: null,
  in_flight: null,
  delivered_per_minute: null,
  failed_per_minute: null,
}
