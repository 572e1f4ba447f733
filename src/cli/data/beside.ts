import type { JsonObject } from '../../core/event.ts'
import { eventMeant, filterMeant } from '../../core/event-name.ts'
import type { Ledger, Page } from '../../core/ledger.ts'
import { discard } from '../../core/operations/discard.ts'
import type { Operator } from '../../core/operations/operation.ts'
import { pauseSink, resumeSink } from '../../core/operations/pause-sink.ts'
import { replay } from '../../core/operations/replay.ts'
import { retryDead } from '../../core/operations/retry-dead.ts'
import type { Env } from '../../hosts/environment.ts'
import { openNodeStore } from '../../hosts/node-store.ts'
import { silentLog } from '../../hosts/silent-log.ts'
import type { StoreAddress } from '../../hosts/store-address.ts'
import { eventsInTurn } from '../../http/api/events-in-turn.ts'
import {
  auditShape,
  eventShape,
  type Hiding,
  historyText,
  shownDelivery,
} from '../../http/api/shapes.ts'
import type { Data, JsonPage } from './data.ts'
import { mustBeKnown, readSinks, sinkShapes } from './known-sinks.ts'

export interface BesideOptions {
  /** Of a store that is there. */
  readonly store: StoreAddress
  readonly configFile: string
  readonly env: Env
  /** Who asks, for the audit. */
  readonly actor: string
}

/** Works on the store itself, beside a gateway that may be running. */
export async function openBeside({ store, configFile, env, actor }: BesideOptions): Promise<Data> {
  const ledger = await openNodeStore(store, { log: silentLog, beside: true })
  const operator: Operator = { ledger, now: Date.now, actor }
  // What reads routes.yaml is most of the program, and most commands want no more of it than what it redacts.
  const read = async () =>
    (await import('../../hosts/node-config.ts')).readConfigFile({ file: configFile, env })
  const readRouting = async () =>
    (await import('../../hosts/node-config.ts')).routingOf(await read())
  const known = async (name: string) => mustBeKnown(name, await readSinks(ledger, read))
  /** Of one that has left routes.yaml, what it was sent can still be looked at. */
  const knownOnce = async (name: string | undefined) => {
    if (name !== undefined && !(await ledger.wasOwed(name))) await known(name)
  }
  return {
    ...lists(ledger, configFile, knownOnce),
    sinks: async () => sinkShapes(await readSinks(ledger, read)),
    async retry({ dry_run: dryRun, ...request }, { progress, signal }) {
      if ('filter' in request) await knownOnce(request.filter.sink)
      const selection =
        'ids' in request ? request : { filter: await filterMeant(request.filter, ledger) }
      return retryDead({ ...operator, signal }, { selection, dryRun }, progress)
    },
    async replay({ dry_run: dryRun, ...request }, { progress, signal }) {
      const routing = await readRouting()
      return replay({ ...operator, routing, signal }, { ...request, dryRun }, progress)
    },
    async discard(sink, { progress, signal }) {
      await known(sink)
      return discard({ ...operator, signal }, { sink }, progress)
    },
    async pause(sink) {
      await known(sink)
      await pauseSink(operator, { sink })
    },
    async resume(sink) {
      await known(sink)
      await resumeSink(operator, { sink })
    },
    close: () => ledger.close(),
  }
}

/** What is shown of what the store holds. */
function lists(
  ledger: Ledger,
  configFile: string,
  mustHaveBeenKnown: (sink: string | undefined) => Promise<void>,
): Pick<Data, 'events' | 'event' | 'deliveries' | 'audit'> {
  let reading: Promise<Hiding> | undefined
  const hiding = () => {
    reading ??= hidingIn(configFile)
    return reading
  }
  return {
    async events(query) {
      const hidden = await hiding()
      const page = await ledger.events({ ...query, order: 'newest first' })
      return shapePage(page, (stored) => eventShape(stored, hidden))
    },
    async event(id) {
      const history = await eventMeant(id, ledger)
      return history && historyText(history, await hiding())
    },
    async deliveries(query) {
      if (query.cursor === undefined) await mustHaveBeenKnown(query.sink)
      const hidden = await hiding()
      const page = await ledger.deliveries(await filterMeant(query, ledger))
      const events = eventsInTurn(ledger)
      return shapePage(page, (one) => shownDelivery(one, hidden, events))
    },
    audit: async (query) => shapePage(await ledger.audit(query), auditShape),
  }
}

async function hidingIn(configFile: string): Promise<Hiding> {
  return (await import('./hiding.ts')).readHiding(configFile)
}

async function shapePage<T>(
  { items, next }: Page<T>,
  shape: (item: T) => JsonObject | Promise<JsonObject>,
): Promise<JsonPage> {
  return { items: await Promise.all(items.map(shape)), next }
}
