import type { TObject } from '@sinclair/typebox'
import { isObject, type Json, type JsonObject } from '../../core/event.ts'

/** A checked entry as the options that all have, and those of its type. */
export function split<Common>(
  value: Json | undefined,
  { properties }: TObject,
): readonly [Common, JsonObject] {
  const entries = Object.entries(isObject(value) ? value : {})
  const pick = (isShared: boolean) =>
    Object.fromEntries(entries.filter(([key]) => Object.hasOwn(properties, key) === isShared))
  return [pick(true) as Common, pick(false)]
}
