import * as T from '@sinclair/typebox'
import { type EgressOptions, parseRule } from '../../core/egress/rules.ts'
import { isObject, type Json } from '../../core/event.ts'
import type { Finding } from './finding.ts'

const rules = (description: string) =>
  T.Optional(
    T.Array(T.String(), {
      description,
      examples: [['10.0.0.0/8', 'hooks.example.com', '*.example.com']],
      maxItems: 10_000,
    }),
  )

export const egressSchema = T.Object(
  {
    allow: rules(
      'Nothing else may be reached: addresses, CIDRs, host names, *.suffix. Without it, everything but link-local, cloud metadata, multicast and broadcast addresses.',
    ),
    deny: rules('What may not be reached, even where allow names it.'),
  },
  { additionalProperties: false, description: 'Where the gateway may connect to.' },
)

/** The rules as the file has them. */
export function egressOf(written: Json | undefined): EgressOptions {
  if (!isObject(written)) return {}
  const [allow, deny] = [textsIn(written.allow), textsIn(written.deny)]
  return { ...(allow && { allow }), ...(deny && { deny }) }
}

function textsIn(list: Json | undefined): string[] | undefined {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : undefined
}

/** What their schema cannot say of the rules. */
export function checkEgress(written: Json | undefined): Finding[] {
  if (!isObject(written)) return []
  return ['allow', 'deny'].flatMap((list) => {
    const entries = written[list]
    return (Array.isArray(entries) ? entries : []).flatMap((text, index): Finding[] => {
      const rule = typeof text === 'string' ? parseRule(text) : undefined
      return typeof rule === 'string' ? [{ path: [list, String(index)], message: rule }] : []
    })
  })
}
