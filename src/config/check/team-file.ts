import * as T from '@sinclair/typebox'
import type { Json } from '../../core/event.ts'
import type { Finding } from './finding.ts'
import { fileSchema } from './options.ts'
import { shapeOf } from './shape.ts'

/** What a file of routes.d may hold. Its sinks and routes are checked together with those of all files. */
export const teamSchema = T.Object(
  {
    version: T.Optional(fileSchema.properties.version),
    sinks: T.Optional(T.Object({}, { additionalProperties: true })),
    routes: T.Optional(T.Array(T.Unknown())),
  },
  { additionalProperties: false },
)

/** What may stand in such a file. */
export const TEAM_SECTIONS = Object.keys(teamSchema.properties)

/** `main` is what routes.yaml is called. */
export function checkTeamFile(value: Json, main: string): readonly Finding[] {
  return shapeOf(teamSchema)
    .check(value)
    .map((finding) => {
      const { path } = finding
      const isMisplaced = path.length === 1 && isMainsAlone(path[0] ?? '')
      return isMisplaced ? { ...finding, message: `belongs in ${main}` } : finding
    })
}

function isMainsAlone(section: string): boolean {
  return (
    Object.hasOwn(fileSchema.properties, section) && !Object.hasOwn(teamSchema.properties, section)
  )
}
