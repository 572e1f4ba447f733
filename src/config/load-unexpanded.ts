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
import { type Finding, withoutEffects } from './check/finding.ts'
import { literalSecrets } from './check/literal-secrets.ts'
import { misplaced } from './check/misplaced.ts'
import { withoutAroundUnknown, withoutUnknown } from './check/unknown.ts'
import type { LocatedProblem } from './config.ts'
import { type Document, type Place, readDocument } from './text/document.ts'
import { hasReference, type Variable } from './text/env.ts'
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
      places: bundledPlaces(document, secrets),
    },
    variables: left.variables,
    warnings: locate(warnings, document, disclosure),
    hiddenText: disclosure.hiddenText,
  }
}

/** The file's entries and routes, with what may hold references as the file has it. */
function asWritten(
  { sources, sinks, routes }: CheckedFile,
  written: JsonObject,
): Pick<BundledConfig, 'sources' | 'sinks' | 'routes'> {
  const optionsOf = (section: Json | undefined, name: string, known: JsonObject) => {
    const entries = Object.entries(objectOf(objectOf(section)[name]))
    return Object.fromEntries(entries.filter(([key]) => Object.hasOwn(known, key)))
  }
  const list = Array.isArray(written.routes) ? written.routes : []
  return {
    sources: sources.configs.map(({ fingerprint, ...source }) => {
      return { ...source, options: optionsOf(written.sources, source.name, source.options) }
    }),
    sinks: sinks.configs.map(({ fingerprint, ...sink }) => {
      return { ...sink, options: optionsOf(written.sinks, sink.name, sink.options) }
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

/** Of a route's `match` only what may be wrong, and the approvals that Feishu may not know. */
function mayMatter({ path, source }: Place): boolean {
  if (path[0] !== 'routes') return ['sources', 'sinks'].includes(path[0] ?? '') && path.length > 1
  return path[2] === 'match' && (hasReference(source) || path.includes('approval_code'))
}

function bundledPlaces(
  { places, positionAt }: Document,
  secrets: readonly Place[],
): readonly BundledPlace[] {
  const hidden = new Set(secrets)
  return places.filter(mayMatter).map((place) => {
    const { path, source, from, keyFrom } = place
    const keyAt = keyFrom === undefined ? {} : { keyAt: positionAt(keyFrom) }
    return { path, source, at: positionAt(from), ...keyAt, isSecret: hidden.has(place) }
  })
}
