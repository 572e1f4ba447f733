import fc from 'fast-check'

/** How often a property is tried: `FUZZ_RUNS=100000 npx vitest run test/fuzz` for a long run. */
export function runs(usual: number): number {
  return Number(process.env.FUZZ_RUNS ?? usual)
}

/** Long runs take as long as they take. */
export const patient = { timeout: process.env.FUZZ_RUNS === undefined ? 60_000 : 0 }

/** All code points but the halves of pairs. fast-check's own ('binary') first makes a table of them all: a second. */
const anyChar = fc.nat(0x10_f7ff).map(
  (nth) => String.fromCodePoint(nth < 0xd800 ? nth : nth + 0x800),
  (char) => {
    if (typeof char !== 'string' || [...char].length !== 1) throw new Error('no character')
    const code = char.codePointAt(0) ?? 0
    return code < 0xd800 ? code : code - 0x800
  },
)

/** Texts of any characters; among them names that every object inherits. */
export function anyText(maxLength?: number): fc.Arbitrary<string> {
  return fc.string({ unit: anyChar, ...(maxLength !== undefined && { maxLength }) })
}

/** Names that mean something somewhere: to JavaScript, to the protocol, to patterns. */
export const name = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', '', 'toString', '__proto__', 'constructor', 'prototype'),
  fc.constantFrom('token', 'header', 'event', 'type', 'schema', 'uuid', 'encrypt', 'challenge'),
  fc.constantFrom('app_id', 'tenant_key', 'instance_code', 'operate', '$or', 'prefix', 'exists'),
  anyText(8),
)

/** Numbers as texts: some that JavaScript cannot hold, some that it writes otherwise. */
const numberText = fc.oneof(
  fc.constantFrom('0', '-0', '1', '-1.50', '1e400', '-1E+400', '1e-400', '12345678901234567890'),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
)

/** String literals: plain, with every character escaped, with lone surrogates. */
const stringText = fc.oneof(
  anyText(12).map((text) => JSON.stringify(text)),
  name.map((text) => JSON.stringify(text)),
  name.map((text) => `"${[...text].map(escaped).join('')}"`),
  fc.constantFrom('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\/"', '"\\\\"', '"\\""', '""'),
)

/**
 * Without backslashes: once V8 has seen a name with one, its JSON.parse may take an escape in another name for it
 * (nodejs/node 24 and 26; the parser's fault, and none of Feishu's names has either).
 */
const keyText = fc.oneof(
  name.filter(isPlain).map((text) => JSON.stringify(text)),
  name.filter(isPlain).map((text) => `"${[...text].map(escaped).join('')}"`),
  fc.constantFrom('"\\ud800"', '"\\u0000"', '"\\/"', '"\\""', '"\\n"'),
)

function isPlain(text: string): boolean {
  return !text.includes('\\')
}

function escaped(char: string): string {
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ')

/** JSON texts as no library would write them: any spacing, any escapes, keys more than once. */
export const { json: jsonText, object: objectText } = fc.letrec<{ json: string; object: string }>(
  (tie) => ({
    json: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom('null', 'true', 'false'),
      numberText,
      stringText,
      fc
        .tuple(space, fc.array(tie('json'), { maxLength: 4 }))
        .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}]`),
      tie('object'),
    ),
    object: fc
      .tuple(space, fc.array(fc.tuple(keyText, tie('json')), { maxLength: 5 }))
      .map(
        ([gap, members]) =>
          `{${gap}${members.map(([key, value]) => `${key}${gap}:${gap}${value}`).join(`,${gap}`)}${gap}}`,
      ),
  }),
)

/** What has been polluted of what every object inherits: nothing. */
export function polluted(): readonly PropertyKey[] {
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
  return prototypes
    .flatMap((prototype) => Reflect.ownKeys(prototype).map((key) => ({ prototype, key })))
    .filter(({ prototype, key }) => Object.getOwnPropertyDescriptor(prototype, key)?.enumerable)
    .map(({ key }) => key)
}
