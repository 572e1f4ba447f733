import { ConfigError } from '../core/errors.ts'
import { approvalsOf } from './check/approvals.ts'
import {
  type CheckedFile,
  type CheckOptions,
  checkFile,
  disclose,
  secretPlaces,
} from './check/file.ts'
import { type Finding, withoutEffects } from './check/finding.ts'
import type { Config } from './config.ts'
import { type Document, readDocument } from './text/document.ts'
import type { Surroundings } from './text/env.ts'
import { expandTree } from './text/expand.ts'
import { locate } from './text/report.ts'

export interface LoadOptions extends CheckOptions, Surroundings {
  /** What the file is called, for places in it; `routes.yaml` without it. */
  readonly fileName?: string
  /** Problems elsewhere are passed over: for commands that want the sources' keys and nothing else. */
  readonly sourcesOnly?: boolean
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
  const disclosure = disclose(document, expanded, secretPlaces(document, file))
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
