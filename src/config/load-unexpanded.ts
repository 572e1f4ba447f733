import { ConfigError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import type { BundledConfig, BundledPlace } from './bundled.ts'
import {
  type CheckedFile,
  type CheckOptions,
  checkFile,
  disclose,
  secretPlaces,
} from './check/file.ts'
import { type Finding, type Path, pathKey, withoutEffects } from './check/finding.ts'
import { literalSecrets } from './check/literal-secrets.ts'
import { misplaced } from './check/misplaced.ts'
import { withoutAroundUnknown, withoutUnknown } from './check/unknown.ts'
import type { LocatedProblem } from './config.ts'
import { type Document, type Place, readDocument } from './text/document.ts'
import type { Variable } from './text/env.ts'
import { leaveReferences } from './text/references.ts'
import { locate } from './text/report.ts'

export interface UnexpandedOptions extends CheckOptions {
  readonly fileName: string
  /** What more is wrong with the file, as it is written, where it is to run. */
  checkTarget(file: JsonObject): readonly Finding[]
}

export interface UnexpandedConfig {
  readonly config: BundledConfig
  /** What has to be set where it is to run. */
  readonly variables: readonly Variable[]
  readonly warnings: readonly LocatedProblem[]
  /** The file's text with its secrets hidden. */
  readonly hiddenText: string
}

/**
 * The text of routes.yaml, checked without the values of its references: what they are part of is checked by
 * `restoreConfig`. Throws ConfigError with every other problem and its place.
 */
export async function loadUnexpanded(
  text: string,
  options: UnexpandedOptions,
): Promise<UnexpandedConfig> {
  const document = readDocument(text)
  const written = isObject(document.value) ? document.value : {}
  const left = leaveReferences(document.value)
  const file = await checkFile(left.value, { ...options, hidesAddresses: true }, left.unknown)
  const secrets = secretPlaces(document, file)
  const disclosure = disclose(document, { value: left.value, words: [] }, secrets)
  const causes = [
    ...document.findings,
    ...left.findings,
    ...misplaced(left.unknown),
    ...options.checkTarget(written),
  ]
  const wrong = withoutUnknown(withoutEffects(file.findings, causes), left.unknown)
  const findings = [...causes, ...withoutAroundUnknown(wrong, left.unknown)]
  if (findings.length > 0) throw new ConfigError(locate(findings, document, disclosure))
  const warnings = [
    ...withoutUnknown(file.warnings, left.unknown),
    ...literalSecrets(secrets, document),
  ]
  return {
    config: {
      fileName: options.fileName,
      ...asWritten(file, written),
      retention: file.retention,
      egress: file.egress,
      places: bundledPlaces(document, secrets, left.unknown),
    },
    variables: left.variables,
    warnings: locate(warnings, document, disclosure),
    hiddenText: disclosure.hiddenText,
  }
}

/** The file's entries and routes, with what may hold references as the file has it. */
function asWritten(
  { sources, sinks, routes }: CheckedFile,
  file: JsonObject,
): Pick<BundledConfig, 'sources' | 'sinks' | 'routes'> {
  const list = Array.isArray(file.routes) ? file.routes : []
  return {
    sources: sources.configs.map(({ options, fingerprint, ...source }) => {
      return { ...source, written: objectOf(objectOf(file.sources)[source.name]) }
    }),
    sinks: sinks.configs.map(({ options, fingerprint, ...sink }) => {
      return { ...sink, written: objectOf(objectOf(file.sinks)[sink.name]) }
    }),
    routes: routes.configs.map((route, index) => {
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
