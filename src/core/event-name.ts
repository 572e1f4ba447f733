import type { EventHistory, EventName, Ledger } from './ledger.ts'

const CERTAIN = 'ref:'

/**
 * The event that somebody means; null where there is none. `ref:17` is a ref for certain. Anything else is an id; where
 * no event has that id, a ref.
 */
export async function eventMeant(
  written: string,
  ledger: Pick<Ledger, 'event'>,
): Promise<EventHistory | null> {
  const ref = certainRef(written)
  if (ref !== undefined) return ledger.event({ ref })
  return (await ledger.event({ id: written })) ?? ledger.event({ ref: written })
}

async function nameMeant(written: string, ledger: Pick<Ledger, 'event'>): Promise<EventName> {
  const ref = certainRef(written)
  if (ref !== undefined) return { ref }
  return (await ledger.event({ id: written })) ? { id: written } : { ref: written }
}

function certainRef(written: string): string | undefined {
  return written.startsWith(CERTAIN) ? written.slice(CERTAIN.length) : undefined
}

/** A filter of deliveries as somebody has written it, for the ledger. */
export async function filterMeant<F extends { readonly event?: string | undefined }>(
  { event, ...others }: F,
  ledger: Pick<Ledger, 'event'>,
): Promise<Omit<F, 'event'> & { readonly event: EventName | undefined }> {
  return { ...others, event: event === undefined ? undefined : await nameMeant(event, ledger) }
}

/** As somebody would write it. */
export function writtenName(name: EventName): string {
  return 'ref' in name ? `${CERTAIN}${name.ref}` : name.id
}
