import type { Problem } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/event.ts'
import type { Finding, Path } from '../check/finding.ts'

/** Problems whose dotted paths lead into `value`, as findings. */
export function findingsWithin(value: Json, problems: readonly Problem[]): Finding[] {
  return problems.map(({ path, message }) => ({ path: partsOf(value, path), message }))
}

/** A dotted path in parts. Its keys may hold dots themselves, so the value says where one ends. */
export function partsOf(value: Json | undefined, dotted: string): Path {
  if (dotted === '') return []
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const fitting = keys.filter((key) => dotted === key || dotted.startsWith(`${key}.`))
  const [longest] = fitting.toSorted((a, b) => b.length - a.length)
  const key = longest ?? dotted.split('.', 1)[0] ?? ''
  return [key, ...partsOf(childOf(value, key), dotted.slice(key.length + 1))]
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (isObject(value)) return Object.hasOwn(value, key) ? value[key] : undefined
  return Array.isArray(value) ? value[Number(key)] : undefined
}
