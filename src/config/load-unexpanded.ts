import { ConfigError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import type { BundledConfig, BundledPlace } from './bundled.ts'
import {
  type CheckedFile,
  type CheckOptions,
  checkFile,
  disclose,
  schemaOf,
  secretPlaces,
} from './check/file.ts'
import { type Finding, type Path, pathKey, withoutEffects } from './check/finding.ts'
import { literalSecrets } from './check/literal-secrets.ts'
import { misplaced } from './check/misplaced.ts'
import { notTexts, withoutUnknown } from './check/unknown.ts'
import type { Config, LocatedProblem } from './config.ts'
import { readPlan, withPlaces } from './plan-files.ts'
import type { Document, Place } from './text/document.ts'
import type { Variable } from './text/env.ts'
import type { TextFile } from './text/files.ts'
import { leaveReferences } from './text/references.ts'
import { locate, locateAll } from './text/report.ts'
import { withShown } from './text/shown-sink.ts'

export interface UnexpandedOptions extends CheckOptions {
  /** What more is wrong with the file, as it is written, where it is to run. */
  checkTarget(file: JsonObject): readonly Finding[]
}

export interface UnexpandedConfig {
  readonly config: BundledConfig
  /** Of events, by type, to be compiled ahead: those that `schemas` names. */
  readonly schemas: Config['schemas']
  /** What has to be set where it is to run. */
  readonly variables: readonly Variable[]
  readonly warnings: readonly LocatedProblem[]
  /** The file's text with its secrets hidden. */
  readonly hiddenText: string
}

/**
 * routes.yaml, which is the first, and the files of routes.d, checked without the values of their references: what those
 * are part of is checked by `restoreConfig`. Throws ConfigError with every other problem and its place.
 */
export async function loadUnexpanded(
  files: readonly TextFile[],
  options: UnexpandedOptions,
): Promise<UnexpandedConfig> {
  const document = readPlan(files)
  const written = isObject(document.value) ? document.value : {}
  const left = leaveReferences(document.value)
  const file = await checkFile(left.value, { ...options, hidesAddresses: true }, left.unknown)
  const secrets = secretPlaces(document, file)
  const disclosure = disclose(document, { value: left.value, words: [] }, secrets)
  const outOfPlace = misplaced(left.unknown)
  const causes = [
    ...document.findings,
    ...left.findings,
    ...outOfPlace,
    ...withoutEffects(notTexts(left.unknown, schemaOf(document, file)), outOfPlace),
    ...options.checkTarget(written),
  ]
  const wrong = withoutEffects(file.findings, causes)
  const findings = [...causes, ...withoutUnknown(wrong, left.unknown)]
  const problems = locateAll(findings, document, disclosure)
  if (problems.length > 0) throw new ConfigError(problems)
  const warnings = [
    ...withoutUnknown(file.warnings, left.unknown),
    ...literalSecrets(secrets, document),
  ]
  return {
    config: {
      parts: document.parts,
      ...asWritten(file, written, document, secrets),
      retention: file.retention,
      egress: file.egress,
      alerts: file.alerts,
      redact: file.redact,
      places: bundledPlaces(document, secrets, left.unknown),
    },
    schemas: file.schemas,
    variables: left.variables,
    warnings: locate(warnings, document, disclosure),
    hiddenText: disclosure.hiddenText,
  }
}

/** The file's entries and routes, with what may hold references as the file has it. */
function asWritten(
  { sources, sinks, routes }: CheckedFile,
  file: JsonObject,
  document: Document,
  secrets: readonly Place[],
): Pick<BundledConfig, 'sources' | 'sinks' | 'routes'> {
  const list = Array.isArray(file.routes) ? file.routes : []
  return {
    sources: sources.configs.map(({ options, fingerprint, ...source }) => {
      return { ...source, written: objectOf(objectOf(file.sources)[source.name]) }
    }),
    sinks: withShown(sinks.configs, document, secrets).map((config) => {
      const { options, fingerprint, ...sink } = config
      return { ...sink, written: objectOf(objectOf(file.sinks)[sink.name]) }
    }),
    routes: withPlaces(routes.configs, document).map((route, index) => {
      const { match } = objectOf(list[index])
      return { ...route, match: isObject(match) ? match : undefined }
    }),
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function bundledPlaces(
  { places, positionAt }: Document,
  secrets: readonly Place[],
  unknown: readonly Path[],
): readonly BundledPlace[] {
  const hidden = new Set(secrets)
  const around = new Set(
    unknown.flatMap((path) => path.map((_, at) => pathKey(path.slice(0, at + 1)))),
  )
  /** Of a route's `match` only what may be wrong, and the approvals that Feishu may not know. */
  const mayMatter = ({ path }: Place) => {
    const [section = '', , option] = path
    if (section !== 'routes') return ['sources', 'sinks'].includes(section) && path.length > 1
    return option === 'match' && (around.has(pathKey(path)) || path.includes('approval_code'))
  }
  return places.filter(mayMatter).map((place) => {
    const { path, source, from, keyFrom } = place
    const keyAt = keyFrom === undefined ? {} : { keyAt: positionAt(keyFrom) }
    return { path, source, at: positionAt(from), ...keyAt, isSecret: hidden.has(place) }
  })
}
