import type { EventName, Ledger } from './ledger.ts'

const CERTAIN = 'ref:'

/**
 * Which event somebody means. `ref:17` is a ref for certain. Anything else is an id; where no event has that id, a ref.
 */
export async function eventMeant(
  written: string,
  ledger: Pick<Ledger, 'event'>,
): Promise<EventName> {
  if (written.startsWith(CERTAIN)) return { ref: written.slice(CERTAIN.length) }
  return (await ledger.event({ id: written })) ? { id: written } : { ref: written }
}

/** A filter of deliveries as somebody has written it, for the ledger. */
export async function filterMeant<F extends { readonly event?: string | undefined }>(
  { event, ...others }: F,
  ledger: Pick<Ledger, 'event'>,
): Promise<Omit<F, 'event'> & { readonly event: EventName | undefined }> {
  return { ...others, event: event === undefined ? undefined : await eventMeant(event, ledger) }
}

/** As somebody would write it. */
export function writtenName(name: EventName): string {
  return 'ref' in name ? `${CERTAIN}${name.ref}` : name.id
}
