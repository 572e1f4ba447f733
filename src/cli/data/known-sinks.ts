import type { SinkConfig } from '../../config/config.ts'
import { ConfigError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/event.ts'
import type { Backlog, Ledger, Pause } from '../../core/ledger.ts'
import { concerns } from '../../core/pauses.ts'
import type { ConfigFile } from '../../hosts/node-config.ts'
import { sinkShape } from '../../http/api/shapes.ts'

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

/** Throws where there is no sink of that name. */
export function mustBeKnown(name: string, sinks: KnownSinks): void {
  if (sinks.configs === undefined || namesOf(sinks).includes(name)) return
  throw new Error(`there is no sink "${name}"; there are ${namesOf(sinks).join(', ')}`)
}

function namesOf({ configs = [], backlogs }: KnownSinks): string[] {
  const all = [...configs.map(({ name }) => name), ...backlogs.map(({ sink }) => sink)]
  return [...new Set(all)]
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

function pausedBy(
  name: string,
  config: SinkConfig | undefined,
  pauses: readonly Pause[],
): string[] {
  const own = pauses.filter((pause) => (config ? concerns(pause, config) : pause.sink === name))
  return [...(config?.settings.paused ? ['file'] : []), ...own.map(({ by }) => by)]
}
