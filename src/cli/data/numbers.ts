import type { JsonObject } from '../../core/event.ts'

export function numberAt(numbers: JsonObject, name: string): number {
  const value = numbers[name]
  return typeof value === 'number' ? value : 0
}

/** `1 event`, `2 events`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
