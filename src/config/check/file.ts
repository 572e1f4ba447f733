import type { TSchema } from '@sinclair/typebox'
import { compileEgress, type EgressOptions } from '../../core/egress/rules.ts'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'
import type { AlertSettings, Retention } from '../../core/plan.ts'
import type { SinkType, SourceType } from '../../core/plugin.ts'
import type { SinkConfig, SourceConfig } from '../config.ts'
import type { Document, Place } from '../text/document.ts'
import type { ExpandedTree } from '../text/expand.ts'
import type { Files } from '../text/files.ts'
import { hideSecrets, secretsOf, wholeSchema } from '../text/masks.ts'
import type { Disclosure } from '../text/report.ts'
import { wordsIn } from '../text/words.ts'
import { alertsOf, checkAlerts, pausedAlerts } from './alerts.ts'
import { checkEgress, egressOf } from './egress.ts'
import type { Entry } from './entries.ts'
import { type EventSchemas, readSchemas } from './event-schemas.ts'
import { beneath, type Finding, type Path, withoutEffects } from './finding.ts'
import { fileSchema, routeSchema } from './options.ts'
import { dottedNames, redactOf, weakRedactions } from './redact.ts'
import { withoutReferences } from './references.ts'
import { refusedHosts } from './refused-hosts.ts'
import {
  type CheckedRoutes,
  checkRoutes,
  type Known,
  unknownOrders,
  unseenSchemas,
} from './routes.ts'
import { type CheckedSection, checkSinks, checkSources } from './sections.ts'
import { checkRetention, retentionOf } from './settings.ts'
import { plainSchema, shapeOf } from './shape.ts'
import { misspeltEvents } from './source-options.ts'
import { unsubscribedRoutes } from './unsubscribed.ts'

/** What a file may name. */
export interface CheckOptions {
  readonly sources: readonly SourceType[]
  /** Finds a built-in sink type or a plugin; undefined where there is none. Rejects where one is not usable. */
  resolveSink(type: string): Promise<SinkType | undefined>
  /** The sink types that are known without looking for plugins. */
  readonly sinkTypes: readonly string[]
  /** By event type: what `match` may ask for. */
  readonly eventSchemas: Readonly<Record<string, TSchema>>
  /** The text of a file that routes.yaml names in `schemas`; rejects where there is none. */
  readSchema(path: string): Promise<string>
  /** Whether the file runs where a host's addresses are looked up by the platform, and are known to nobody else. */
  readonly hidesAddresses?: boolean
}

/** The whole of routes.yaml, read as far as it is in order. */
export interface CheckedFile {
  readonly sources: CheckedSection<SourceConfig>
  readonly sinks: CheckedSection<SinkConfig>
  readonly routes: CheckedRoutes
  readonly retention: Retention
  readonly egress: EgressOptions
  readonly alerts: AlertSettings | null
  /** Of events, by type: those that `schemas` names. */
  readonly schemas: EventSchemas['schemas']
  readonly redact: readonly string[]
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Checks everything. What stands at `unknown` is not known yet: see `Entry`. */
export async function checkFile(
  value: Json,
  options: CheckOptions,
  unknown: readonly Path[] = [],
): Promise<CheckedFile> {
  const file = isObject(value) ? value : {}
  const badRetention = checkRetention(file.retention)
  const wrong = shapeOf(fileSchema).check(value)
  const named = await checkNamed(file, options, unknown)
  const { sources, sinks, own, known } = named
  const egress = egressOf(file.egress)
  const badEgress = checkEgress(file.egress)
  const refused =
    badEgress.length > 0 ? [] : await checkHosts(sources.configs, sinks.configs, egress, options)
  const routes = checkRoutes(Array.isArray(file.routes) ? file.routes : [], known)
  const dotted = beneath(['redact'], dottedNames(file.redact))
  const findings = [
    ...withoutEffects(wrong, dotted),
    ...dotted,
    ...beneath(['sources'], sources.findings),
    ...beneath(['sinks'], sinks.findings),
    ...beneath(['routes'], routes.findings),
    ...beneath(['retention'], badRetention),
    ...beneath(['egress'], badEgress),
    ...beneath(['schemas'], own.findings),
    ...beneath(['alerts'], checkAlerts(file.alerts, known.sinks)),
    ...refused,
  ]
  const warnings = warningsOf(file, named, routes, unknown)
  return {
    ...{ sources, sinks, routes, egress, findings, warnings },
    schemas: own.schemas,
    retention: retentionOf(file.retention),
    alerts: alertsOf(file.alerts),
    redact: redactOf(file.redact),
  }
}

/** What stands in the file by name. */
interface Named {
  readonly sources: CheckedSection<SourceConfig>
  readonly sinks: CheckedSection<SinkConfig>
  readonly own: EventSchemas
  readonly known: Known
}

async function checkNamed(
  file: JsonObject,
  options: CheckOptions,
  unknown: readonly Path[],
): Promise<Named> {
  const sinkEntries = entriesOf('sinks', file.sinks, unknown)
  const sources = await checkSources(entriesOf('sources', file.sources, unknown), options.sources)
  const sinks = await checkSinks(sinkEntries, options.sinkTypes, options.resolveSink)
  const own = await readSchemas(file.schemas, options.readSchema)
  const schemas = Object.entries({ ...options.eventSchemas, ...own.schemas })
  const known: Known = {
    events: acceptedEvents(file.sources, sources.configs),
    sinks: new Set(sinkEntries.map(({ name }) => name)),
    eventSchemas: new Map(
      schemas.map(([type, schema]) => [type, withoutReferences(plainSchema(schema))]),
    ),
  }
  return { sources, sinks, own, known }
}

function warningsOf(
  file: JsonObject,
  { sources, sinks, own, known }: Named,
  routes: CheckedRoutes,
  unknown: readonly Path[],
): readonly Finding[] {
  const { eventSchemas } = known
  const sentTo = routes.configs.flatMap(({ to }) => to)
  const alerted = alertsOf(file.alerts)?.to ?? []
  const isOpen = unknown.some((path) => path.at(-2) === 'to')
  return [
    ...beneath(['sources'], misspeltEvents(sources.configs, [...eventSchemas.keys()])),
    ...beneath(['routes'], routes.warnings),
    ...beneath(['routes'], unsubscribedRoutes(routes.configs, sources.configs, known)),
    ...beneath(['schemas'], unseenSchemas(Object.keys(own.schemas), known)),
    ...beneath(['redact'], weakRedactions(file.redact, [...eventSchemas.values()])),
    ...beneath(['sinks'], unknownOrders(sinks.configs, known)),
    ...beneath(['alerts'], pausedAlerts(file.alerts, sinks.configs)),
    ...(isOpen ? [] : unusedSinks(sinks, [...sentTo, ...alerted])),
  ]
}

async function checkHosts(
  sources: readonly SourceConfig[],
  sinks: readonly SinkConfig[],
  egress: EgressOptions,
  options: CheckOptions,
): Promise<Finding[]> {
  const { refusesHost, refusesProxied } = compileEgress(egress)
  const refuses = options.hidesAddresses ? refusesProxied : refusesHost
  const sourceType = async (type: string) => options.sources.find((known) => known.type === type)
  return [
    ...beneath(['sources'], await refusedHosts(sources, refuses, sourceType)),
    ...beneath(['sinks'], await refusedHosts(sinks, refuses, options.resolveSink)),
  ]
}

function entriesOf(name: string, section: Json | undefined, unknown: readonly Path[]): Entry[] {
  const byEntry = Map.groupBy(
    unknown.filter((path) => path[0] === name),
    ([, entry = '']) => entry,
  )
  return Object.entries(isObject(section) ? section : {}).map(([entry, value]) => {
    const paths = byEntry.get(entry)?.map((path) => path.slice(2)) ?? []
    return { name: entry, value, unknown: paths }
  })
}

function acceptedEvents(
  sources: Json | undefined,
  configs: readonly SourceConfig[],
): ReadonlyMap<string, SourceConfig['events']> {
  const names = Object.keys(isObject(sources) ? sources : {})
  return new Map([
    ...names.map((name) => [name, '*'] as const),
    ...configs.map(({ name, events }) => [name, events] as const),
  ])
}

function unusedSinks(sinks: CheckedSection<SinkConfig>, named: readonly string[]): Finding[] {
  const used = new Set(named)
  const unused = sinks.configs.filter(({ name }) => !used.has(name))
  return unused.map(({ name }) => {
    return { path: ['sinks', name], message: 'no route sends to it', onKey: true }
  })
}

/** What stands in the file itself and is a secret. */
export function secretPlaces(document: Files, file: CheckedFile): readonly Place[] {
  return secretsOf(document, schemaOf(document, file))
}

/** The schema of the whole file. */
export function schemaOf(document: Files, { sources, sinks }: CheckedFile): JsonObject {
  const entries = { sources: sources.schemas, sinks: sinks.schemas }
  const [, ...teams] = document.parts.map(({ name }) => name)
  return wholeSchema(plainSchema(fileSchema), entries, plainSchema(routeSchema), teams)
}

/** What no message about the file may show. */
export function disclose(
  document: Document,
  { value, words }: Pick<ExpandedTree, 'value' | 'words'>,
  secrets: readonly Place[],
): Disclosure {
  return {
    hiddenText: hideSecrets(document, secrets),
    words: [...words, ...wordsIn(document, secrets, value)],
  }
}
