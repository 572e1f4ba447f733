import type { Pause } from './ledger.ts'
import type { LiveSink } from './plan.ts'

/** Tells a plug's options from others that it had: a short piece does, and is too little to try secrets against. */
export function optionsMark({ fingerprint }: { readonly fingerprint: string }): string {
  return fingerprint.slice(0, 8)
}

/** Whether a pause is about this sink. A receiver's word is about the options that it had then. */
export function concerns(
  { sink, by, options }: Pause,
  live: Pick<LiveSink, 'name' | 'fingerprint'>,
): boolean {
  return sink === live.name && (by === 'operator' || options === optionsMark(live))
}
