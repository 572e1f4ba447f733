import type { JsonObject } from '../core/event.ts'

/** What a route's `match` may hold, for editors: `pattern` is the whole. It takes all that the parser of patterns takes. */
export const patternDefinitions: JsonObject = {
  pattern: {
    type: 'object',
    minProperties: 1,
    properties: {
      $or: {
        description: 'Any of these patterns, together with what stands beside it.',
        examples: [[{ operate: 'CREATE' }, { user_id: [{ exists: false }] }]],
        anyOf: [
          { type: 'array', minItems: 2, items: { $ref: '#/definitions/pattern' } },
          { $ref: '#/definitions/field' },
        ],
      },
    },
    patternProperties: {
      '^(exactly|prefix|suffix|equals-ignore-case|wildcard|anything-but|numeric|exists|cidr)$': {
        description:
          'An operator stands in a list, as in [{prefix: "A"}]; so does a field of this name.',
        anyOf: [{ $ref: '#/definitions/values' }, { $ref: '#/definitions/pattern' }],
      },
    },
    additionalProperties: { $ref: '#/definitions/field' },
  },
  field: {
    anyOf: [
      { $ref: '#/definitions/value' },
      { $ref: '#/definitions/values' },
      { $ref: '#/definitions/pattern' },
    ],
  },
  values: {
    description: 'Any of these.',
    type: 'array',
    minItems: 1,
    items: { anyOf: [{ $ref: '#/definitions/value' }, { $ref: '#/definitions/operator' }] },
  },
  value: { type: ['string', 'number', 'boolean', 'null'] },
  operator: {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: operators(),
  },
}

function operators(): JsonObject {
  return {
    exactly: {
      ...text('This text, to the letter: of an IP address, this way of writing it.'),
      examples: ['10.0.0.1'],
    },
    prefix: { ...textInAnyCase('Texts that begin with this.'), examples: ['7C46'] },
    suffix: { ...textInAnyCase('Texts that end with this.'), examples: ['.pdf'] },
    'equals-ignore-case': { ...text('This text, in any case.'), examples: ['create'] },
    wildcard: {
      ...text('Texts of this form: * stands for any characters, \\* for a star.'),
      examples: ['a*b'],
    },
    'anything-but': {
      description: 'Any value but these, or but texts like these.',
      examples: ['READ', ['READ', 'CREATE'], { prefix: 'test-' }],
      anyOf: [
        { type: ['string', 'number'] },
        listOf('string'),
        listOf('number'),
        anythingButLike(),
      ],
    },
    numeric: {
      description: 'Numbers in this range: a comparison, or a bottom and then a top.',
      examples: [
        ['>=', 1000],
        ['>', 0, '<=', 5],
      ],
      anyOf: [
        tuple(comparedBy('=', '<', '<=', '>', '>='), { type: 'number' }),
        tuple(comparedBy('>', '>='), { type: 'number' }, comparedBy('<', '<='), { type: 'number' }),
      ],
    },
    exists: {
      description: 'true: the field has a value, be it null. false: it has none.',
      examples: [true, false],
      type: 'boolean',
    },
    cidr: { ...text('IP addresses in this range.'), examples: ['10.0.0.0/8'] },
  }
}

function text(description: string): JsonObject {
  return { description, type: 'string' }
}

function textInAnyCase(description: string): JsonObject {
  const inAnyCase = { ...text('The same, in any case.'), examples: ['abc'] }
  return {
    description,
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { 'equals-ignore-case': inAnyCase },
        required: ['equals-ignore-case'],
        additionalProperties: false,
      },
    ],
  }
}

function anythingButLike(): JsonObject {
  const texts = (description: string, example: string) => {
    return { description, examples: [example], anyOf: [{ type: 'string' }, listOf('string')] }
  }
  return {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: {
      prefix: texts('But texts that begin with one of these.', 'test-'),
      suffix: texts('But texts that end with one of these.', '.tmp'),
      'equals-ignore-case': texts('But these texts, in any case.', 'read'),
      wildcard: texts('But texts of one of these forms.', 'a*b'),
    },
  }
}

function listOf(type: 'string' | 'number'): JsonObject {
  return { type: 'array', items: { type }, minItems: 1 }
}

function tuple(...items: readonly JsonObject[]): JsonObject {
  const { length } = items
  return { type: 'array', items: [...items], minItems: length, maxItems: length }
}

function comparedBy(...signs: readonly string[]): JsonObject {
  return { type: 'string', enum: [...signs] }
}
