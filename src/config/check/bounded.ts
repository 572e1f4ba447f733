import { _, type Ajv2019, type KeywordCxt } from 'ajv/dist/2019.js'

/**
 * Gives keywords that may take far longer than the data is long a form that does not, for schemas that are people's own.
 * They are code and no functions, so that they can be compiled ahead.
 */
export function boundKeywords(ajv: Ajv2019): void {
  for (const keyword of ['$ref', '$recursiveRef']) countReferences(ajv, keyword)
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have an entry twice' },
    code: checkUnique,
  })
}

/** Alternatives that refer to the whole, each by itself, double the work at each level of the data: see CheckContext. */
function countReferences(ajv: Ajv2019, keyword: string): void {
  const rule = ajv.RULES.all[keyword]
  if (typeof rule !== 'object' || !('code' in rule.definition)) return
  const { definition } = rule
  const { code } = definition
  definition.code = (context: KeywordCxt, type) => {
    // Schemas of schemas, which ajv calls by itself, have no context.
    const isTooMany = _`this && this.referencesLeft-- < 1`
    context.gen.if(isTooMany, () => context.gen.throw(_`new RangeError()`))
    code(context, type)
  }
}

/** ajv's own compares each entry with each other. Here they are compared as texts, the keys of objects in one order. */
function checkUnique(context: KeywordCxt): void {
  const { schema, data } = context
  if (schema !== true) return
  const sorted = _`Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))`
  const isObject = _`typeof value === "object" && value !== null && !Array.isArray(value)`
  const text = _`JSON.stringify(entry, (_, value) => (${isObject} ? ${sorted} : value))`
  context.fail(_`new Set(${data}.map((entry) => ${text})).size < ${data}.length`)
}
