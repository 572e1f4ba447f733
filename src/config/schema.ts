import type { TObject } from '@sinclair/typebox'
import { isObject, type Json, type JsonObject } from '../core/event.ts'
import type { SinkType, SourceType } from '../core/plugin.ts'
import { fileSchema, routeSchema, sinkSchema, sourceSchemaOf } from './check/options.ts'
import { entrySchema, type Plug, plainSchema } from './check/shape.ts'
import { TEAM_SECTIONS } from './check/team-file.ts'
import { forEditors, withoutDefaults } from './for-editors.ts'
import { patternDefinitions } from './pattern-schema.ts'

/**
 * The JSON Schema (draft-07) of the whole of routes.yaml and of the files of routes.d, for editors. Sinks of other types
 * are taken for plugins'.
 */
export function routesSchema(
  sources: readonly SourceType[],
  sinks: readonly SinkType[],
): JsonObject {
  const file = plainSchema(fileSchema)
  const properties = objectOf(file.properties)
  const known = sources.map(({ type }) => type)
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...file,
    ...byKind(file),
    properties: {
      ...properties,
      sources: withEntries(properties.sources, {
        ...chooseByType(sourceSchemaOf, sources),
        properties: { type: { ...typeOf(sourceSchemaOf(undefined)), enum: known } },
      }),
      sinks: withEntries(properties.sinks, {
        ...chooseByType(() => sinkSchema, sinks),
        properties: {
          type: {
            ...typeOf(sinkSchema),
            examples: sinks.map(({ type }) => type),
          },
        },
      }),
      routes: { ...objectOf(properties.routes), items: plainRoute() },
    },
  }
  return { ...forEditors(schema), definitions: patternDefinitions }
}

/** With the patterns that the parser of patterns takes. */
function plainRoute(): JsonObject {
  const route = plainSchema(routeSchema)
  const properties = objectOf(route.properties)
  const { description = '', examples = [] } = objectOf(properties.match)
  const match = { description, examples, allOf: [{ $ref: '#/definitions/pattern' }] }
  return { ...route, properties: { ...properties, match } }
}

/** It is sources that tell routes.yaml from a file of routes.d. */
function byKind(file: JsonObject): JsonObject {
  const required = Array.isArray(file.required) ? file.required : []
  return {
    required: [],
    if: { required: ['sources'] },
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
    then: { required: withoutDefaults(required, file) },
    else: {
      propertyNames: { enum: TEAM_SECTIONS },
      anyOf: [{ required: ['sinks'] }, { required: ['routes'] }],
    },
  }
}

function withEntries(section: Json | undefined, entry: JsonObject): JsonObject {
  return { ...objectOf(section), additionalProperties: entry }
}

/** An entry's type says which options it has; of an unknown type, only those that all have are described. */
function chooseByType(
  commonTo: (plug: Plug | undefined) => TObject,
  plugs: readonly Plug[],
): JsonObject {
  const types = plugs.map(({ type }) => type)
  const hasType = (schema: JsonObject) => {
    return { type: 'object', properties: { type: schema }, required: ['type'] }
  }
  const choices = plugs.map((plug) => {
    return when(hasType({ const: plug.type }), entrySchema(commonTo(plug), plug))
  })
  const other = when(hasType({ not: { enum: types } }), plainSchema(commonTo(undefined)))
  return { type: 'object', required: ['type'], allOf: [...choices, other] }
}

function when(condition: JsonObject, schema: JsonObject): JsonObject {
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
  return { if: condition, then: schema }
}

function typeOf(common: TObject): JsonObject {
  return objectOf(objectOf(plainSchema(common).properties).type)
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
