import type { TSchema } from '@sinclair/typebox'
import type { EgressOptions } from '../core/egress/rules.ts'
import { ConfigError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import type { Retention } from '../core/plan.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import { approvalsOf } from './check/approvals.ts'
import { checkEgress, egressOf, refusedHosts } from './check/egress.ts'
import type { Entry } from './check/entries.ts'
import { beneath, type Finding, withoutEffects } from './check/finding.ts'
import { fileSchema, routeSchema } from './check/options.ts'
import { type CheckedRoutes, checkRoutes, type Known, unknownOrders } from './check/routes.ts'
import { type CheckedSection, checkSinks, checkSources } from './check/sections.ts'
import { checkRetention, retentionOf } from './check/settings.ts'
import { plainSchema, shapeOf } from './check/shape.ts'
import { misspeltEvents } from './check/source-options.ts'
import { unsubscribedRoutes } from './check/unsubscribed.ts'
import type { Config, SinkConfig, SourceConfig } from './config.ts'
import { type Document, readDocument } from './text/document.ts'
import type { Surroundings } from './text/env.ts'
import { type ExpandedTree, expandTree } from './text/expand.ts'
import { hideSecrets, secretsOf, wholeSchema } from './text/masks.ts'
import { type Disclosure, locate } from './text/report.ts'
import { wordsIn } from './text/words.ts'

export interface LoadOptions extends Surroundings {
  /** What the file is called, for places in it; `routes.yaml` without it. */
  readonly fileName?: string
  readonly sources: readonly SourceType[]
  /** Finds a built-in sink type or a plugin; undefined where there is none. Rejects where one is not usable. */
  resolveSink(type: string): Promise<SinkType | undefined>
  /** The sink types that are known without looking for plugins. */
  readonly sinkTypes: readonly string[]
  /** Problems elsewhere are passed over: for commands that want the sources' keys and nothing else. */
  readonly sourcesOnly?: boolean
  /** By event type: what `match` may ask for. */
  readonly eventSchemas: Readonly<Record<string, TSchema>>
}

/**
 * The text of routes.yaml as checked plain data. Throws ConfigError with every problem and its place; neither a message
 * nor an excerpt shows a secret. Sources and sinks are not opened.
 */
export async function loadConfig(text: string, options: LoadOptions): Promise<Config> {
  const document = readDocument(text)
  const expanded = expandTree(document.value, options)
  const file = await checkFile(expanded.value, options)
  const causes = [...document.findings, ...expanded.findings]
  const all = [...causes, ...withoutEffects(file.findings, causes)]
  const findings = options.sourcesOnly ? all.filter(isAboutSources) : all
  const disclosure = disclose(document, expanded, file)
  if (findings.length > 0) throw new ConfigError(locate(findings, document, disclosure))
  const warnings = locate(file.warnings, document, disclosure)
  return {
    sources: file.sources.configs,
    sinks: file.sinks.configs,
    routes: file.routes.configs,
    retention: file.retention,
    egress: file.egress,
    approvals: options.sourcesOnly ? new Map() : namedApprovals(file, document, options.fileName),
    warnings,
    ...disclosure,
  }
}

/** Where approvals are named: `routes.yaml:31:22  routes.2.match.approval_code`. */
function namedApprovals(
  { routes, sources }: CheckedFile,
  document: Document,
  fileName = 'routes.yaml',
): Config['approvals'] {
  return approvalsOf(routes.configs, sources.configs, (path) => {
    const { line, column } = document.positionAt(document.placeOf(path)?.from ?? 0)
    return `${fileName}:${line}:${column}  ${path.join('.')}`
  })
}

function isAboutSources({ path: [section] }: Finding): boolean {
  return !['sinks', 'routes', 'retention', 'egress'].includes(section ?? '')
}

interface CheckedFile {
  readonly sources: CheckedSection<SourceConfig>
  readonly sinks: CheckedSection<SinkConfig>
  readonly routes: CheckedRoutes
  readonly retention: Retention
  readonly egress: EgressOptions
  readonly findings: readonly Finding[]
  readonly warnings: readonly Finding[]
}

async function checkFile(value: Json, options: LoadOptions): Promise<CheckedFile> {
  const file = isObject(value) ? value : {}
  const badRetention = checkRetention(file.retention)
  const wrong = shapeOf(fileSchema).check(value)
  const sinkEntries = entriesOf(file.sinks)
  const sources = await checkSources(entriesOf(file.sources), options.sources)
  const sinks = await checkSinks(sinkEntries, options.sinkTypes, options.resolveSink)
  const eventSchemas = Object.entries(options.eventSchemas)
  const known: Known = {
    events: acceptedEvents(file.sources, sources.configs),
    sinks: new Set(sinkEntries.map(({ name }) => name)),
    eventSchemas: new Map(eventSchemas.map(([type, schema]) => [type, plainSchema(schema)])),
  }
  const egress = egressOf(file.egress)
  const badEgress = checkEgress(file.egress)
  const refused =
    badEgress.length > 0 ? [] : await checkHosts(sources.configs, sinks.configs, egress, options)
  const routes = checkRoutes(Array.isArray(file.routes) ? file.routes : [], known)
  const findings = [
    ...wrong,
    ...beneath(['sources'], sources.findings),
    ...beneath(['sinks'], sinks.findings),
    ...beneath(['routes'], routes.findings),
    ...beneath(['retention'], badRetention),
    ...beneath(['egress'], badEgress),
    ...refused,
  ]
  const warnings = [
    ...beneath(['sources'], misspeltEvents(sources.configs, Object.keys(options.eventSchemas))),
    ...beneath(['routes'], routes.warnings),
    ...beneath(['routes'], unsubscribedRoutes(routes.configs, sources.configs, known)),
    ...beneath(['sinks'], unknownOrders(sinks.configs, known)),
    ...unusedSinks(sinks, routes),
  ]
  const retention = retentionOf(file.retention)
  return { sources, sinks, routes, retention, egress, findings, warnings }
}

async function checkHosts(
  sources: readonly SourceConfig[],
  sinks: readonly SinkConfig[],
  egress: EgressOptions,
  options: LoadOptions,
): Promise<Finding[]> {
  const sourceType = async (type: string) => options.sources.find((known) => known.type === type)
  return [
    ...beneath(['sources'], await refusedHosts(sources, egress, sourceType)),
    ...beneath(['sinks'], await refusedHosts(sinks, egress, options.resolveSink)),
  ]
}

function entriesOf(section: Json | undefined): Entry[] {
  const entries = Object.entries(isObject(section) ? section : {})
  return entries.map(([name, value]) => ({ name, value }))
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

function unusedSinks(sinks: CheckedSection<SinkConfig>, routes: CheckedRoutes): Finding[] {
  const used = new Set(routes.configs.flatMap(({ to }) => to))
  const unused = sinks.configs.filter(({ name }) => !used.has(name))
  return unused.map(({ name }) => {
    return { path: ['sinks', name], message: 'no route sends to it', onKey: true }
  })
}

function disclose(document: Document, expanded: ExpandedTree, file: CheckedFile): Disclosure {
  const entries: Record<'sources' | 'sinks', JsonObject> = {
    sources: file.sources.schemas,
    sinks: file.sinks.schemas,
  }
  const whole = wholeSchema(plainSchema(fileSchema), entries, plainSchema(routeSchema))
  const secrets = secretsOf(document, whole)
  const words = [...expanded.words, ...wordsIn(document, secrets, expanded.value)]
  return { hiddenText: hideSecrets(document, secrets), words }
}
