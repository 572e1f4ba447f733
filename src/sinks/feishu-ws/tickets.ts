import type { Runtime } from '../../core/runtime.ts'

/**
 * What a client shows when it connects, in place of its secret. Nothing is stored of them: whoever has the same secret
 * knows them too, so that another replica than the one that gave a ticket may take it.
 */
export interface Tickets {
  issue(): Promise<string>
  holds(ticket: string): Promise<boolean>
}

const VALID_MS = 60_000

export async function createTickets(
  appId: string,
  secret: string,
  { crypto, now }: Pick<Runtime, 'crypto' | 'now'>,
): Promise<Tickets> {
  const key = await crypto.hmacSha256(new TextEncoder().encode(secret), 'lark-fanout: tickets')
  const signed = async (content: string) =>
    `${content}.${crypto.toHex(await crypto.hmacSha256(key, content))}`
  return {
    issue: () => signed(`${appId}.${now() + VALID_MS}.${crypto.toHex(crypto.randomBytes(8))}`),
    async holds(ticket) {
      const content = ticket.slice(0, ticket.lastIndexOf('.'))
      const [app, expiresAt] = content.split('.')
      if (app !== appId || !(Number(expiresAt) > now())) return false
      return crypto.equal(ticket, await signed(content))
    },
  }
}
