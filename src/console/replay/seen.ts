import type { Visit } from '../visit.ts'

/** What was asked of the gateway last, as the audit has it: it goes with the count. */
export async function latestEntry({ context }: Visit): Promise<string> {
  const { items } = await context.ledger.audit({ limit: 1 })
  return items[0]?.id ?? 'none'
}

const LOOKED_AT = 100

/**
 * Whether nothing has been replayed since it was counted, whoever did. So who presses twice does not resend twice, and
 * nothing is begun that was not counted.
 */
export async function isAsCounted({ context, form }: Visit): Promise<boolean> {
  const seen = form.get('seen')
  if (seen === undefined) return false
  const { items } = await context.ledger.audit({ limit: LOOKED_AT })
  const at = items.findIndex(({ id }) => id === seen)
  const later = at < 0 ? items : items.slice(0, at)
  return later.every(({ action }) => action !== 'replay')
}
