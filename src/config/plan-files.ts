import { checkTeamFile } from './check/team-file.ts'
import type { RouteConfig } from './config.ts'
import type { Document } from './text/document.ts'
import { type Files, readFiles, type TextFile } from './text/files.ts'

/** routes.yaml, which is the first, and the files of routes.d as one. */
export function readPlan(files: readonly TextFile[]): Files {
  const [main] = files
  return readFiles(files, (value) => checkTeamFile(value, main?.name ?? ''))
}

/** The routes, which are all in order, with where they stand. */
export function withPlaces(
  routes: readonly RouteConfig[],
  document: Document,
): readonly RouteConfig[] {
  return routes.map((route, index) => {
    const from = document.placeOf(['routes', String(index)])?.from ?? 0
    const { file = '', line } = document.positionAt(from)
    return { ...route, place: { file, line } }
  })
}
