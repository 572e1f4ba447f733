import { isObject, type Json } from '../../core/event.ts'

/** Plain data as people write it in routes.yaml. */
export function yamlOf(value: Json): string {
  return isBlock(value) ? linesOf(value).join('\n') : inline(value)
}

function isBlock(value: Json): boolean {
  return isObject(value) ? Object.keys(value).length > 0 : isNested(value)
}

/** A list of which at least one item takes lines of its own. */
function isNested(value: Json): value is Json[] {
  return Array.isArray(value) && value.some((item) => isObject(item) || Array.isArray(item))
}

function linesOf(value: Json): string[] {
  if (isNested(value)) {
    return value.flatMap((item) => {
      const [first = '', ...more] = linesOf(item)
      return [`- ${first}`, ...more.map(indented)]
    })
  }
  if (!isObject(value) || !isBlock(value)) return [inline(value)]
  return Object.entries(value).flatMap(([key, item]) => entry(textOf(key), item))
}

function entry(key: string, value: Json): string[] {
  if (isBlock(value)) return [`${key}:`, ...linesOf(value).map(indented)]
  if (typeof value === 'string' && isProse(value)) {
    const lines = value.replace(/\n$/, '').split('\n')
    return [`${key}: |${value.endsWith('\n') ? '' : '-'}`, ...lines.map(indented)]
  }
  return [`${key}: ${inline(value)}`]
}

/** Text of several lines that a block can hold. */
function isProse(text: string): boolean {
  return /^[^\s\n][^\r\t]*\n[^\r\t]*[^\n]\n?$/.test(text)
}

function indented(line: string): string {
  return `  ${line}`
}

function inline(value: Json): string {
  if (typeof value === 'string') return textOf(value)
  if (!Array.isArray(value)) return JSON.stringify(value)
  return `[${value.map((item) => inline(item)).join(', ')}]`
}

const PLAIN = /^[\p{L}\p{N}$/_.](?:[\p{L}\p{N}_./@+$ -]|:(?=[^\s]))*$/u
const OTHERWISE_READ =
  /^(?:true|false|null|yes|no|on|off|[-+]?\.?\d[\d_.:]*(?:e[-+]?\d*)?|0[xob][\da-f]*|[-+]?\.(?:inf|nan))$|\s$/i

/** A text with quotes where YAML would read another value without. */
function textOf(text: string): string {
  const isReference = /^\$\{[^}\s]+\}$/.test(text)
  const isPlain = PLAIN.test(text) && !OTHERWISE_READ.test(text)
  return isPlain && !isReference ? text : JSON.stringify(text)
}
