import { ConfigError } from '../core/errors.ts'
import { approvalsOf } from './check/approvals.ts'
import {
  type CheckedFile,
  type CheckOptions,
  checkFile,
  disclose,
  schemaOf,
  secretPlaces,
} from './check/file.ts'
import { type Finding, type Path, pathKey, withoutEffects } from './check/finding.ts'
import { fileSchema } from './check/options.ts'
import { notTexts, withoutUnknown } from './check/unknown.ts'
import type { Config } from './config.ts'
import { readPlan, withPlaces } from './plan-files.ts'
import type { Document } from './text/document.ts'
import { type Surroundings, USUAL_PLACE } from './text/env.ts'
import { type ExpandedTree, expandTree } from './text/expand.ts'
import type { TextFile } from './text/files.ts'
import { placeText } from './text/parts.ts'
import { locate, locateAll } from './text/report.ts'
import { withShown } from './text/shown-sink.ts'

export interface LoadOptions extends CheckOptions, Surroundings {
  /** Problems elsewhere are passed over: for commands that want the sources' keys and nothing else. */
  readonly sourcesOnly?: boolean
  /**
   * Which values from outside may be missing, so that what they are part of is not checked: those that have no say in
   * where events go, or all.
   */
  readonly mayLack?: 'unrouted' | 'all'
}

/**
 * routes.yaml, which is the first, and the files of routes.d as checked plain data. Throws ConfigError with every problem
 * and its place; neither a message nor an excerpt shows a secret. Sources and sinks are not opened.
 */
export async function loadConfig(
  files: readonly TextFile[],
  options: LoadOptions,
): Promise<Config> {
  const document = readPlan(options.sourcesOnly ? files.slice(0, 1) : files)
  const expanded = expandTree(document.value, { ...options, ...whereToSet(options) })
  const unknown = expanded.lacking.filter(mayBeLacking(options))
  const file = await checkFile(expanded.value, options, unknown)
  const refused = notTexts(referencesIn(expanded), schemaOf(document, file))
  const causes = [
    ...document.findings,
    ...withoutEffects(expanded.findings, [...at(unknown), ...refused]),
    ...refused,
  ]
  const wrong = withoutEffects(file.findings, causes)
  const all = [...causes, ...withoutUnknown(wrong, unknown)]
  const findings = options.sourcesOnly ? all.filter(isAboutSources) : all
  const secrets = secretPlaces(document, file)
  const disclosure = disclose(document, expanded, secrets)
  const problems = locateAll(findings, document, disclosure)
  if (problems.length > 0) throw new ConfigError(problems)
  const warnings = locate(withoutUnknown(file.warnings, unknown), document, disclosure)
  return {
    sources: file.sources.configs,
    sinks: withShown(file.sinks.configs, document, secrets),
    routes: withPlaces(file.routes.configs, document),
    retention: file.retention,
    egress: file.egress,
    schemas: file.schemas,
    alerts: file.alerts,
    redact: file.redact,
    approvals: options.sourcesOnly ? new Map() : namedApprovals(file, document),
    warnings,
    ...disclosure,
  }
}

/** Where something comes from outside, each place once. */
function referencesIn({ words }: ExpandedTree): readonly Path[] {
  return [...new Map(words.map(({ path }) => [pathKey(path), path])).values()]
}

function mayBeLacking({ mayLack }: LoadOptions): (path: Path) => boolean {
  return (path) => mayLack === 'all' || (mayLack === 'unrouted' && !hasSayInRouting(path))
}

/** Whether it decides where events go, or which of them are accepted. */
function hasSayInRouting([section = '', , option = '']: Path): boolean {
  if (section === 'sources') return ['type', 'events'].includes(option)
  if (section === 'sinks') return option === 'type'
  return section === 'routes' || section === 'schemas'
}

function whereToSet({ mayLack, whereToSet }: LoadOptions): Pick<LoadOptions, 'whereToSet'> {
  const more = ' (routes depend on it; `check --no-env` does without)'
  if (mayLack === 'unrouted') return { whereToSet: `${whereToSet ?? USUAL_PLACE}${more}` }
  return whereToSet === undefined ? {} : { whereToSet }
}

function at(paths: readonly Path[]): Finding[] {
  return paths.map((path) => ({ path, message: '' }))
}

/** Where approvals are named: `routes.yaml:31:22  routes.2.match.approval_code`. */
function namedApprovals({ routes, sources }: CheckedFile, document: Document): Config['approvals'] {
  return approvalsOf(routes.configs, sources.configs, (path) => {
    const place = placeText(document.positionAt(document.placeOf(path)?.from ?? 0))
    return `${place}  ${document.shownPath(path).join('.')}`
  })
}

function isAboutSources({ path: [section = ''] }: Finding): boolean {
  const isOther = Object.hasOwn(fileSchema.properties, section) && section !== 'sources'
  return !isOther || section === 'version'
}
