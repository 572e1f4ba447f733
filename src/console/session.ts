import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Runtime } from '../core/runtime.ts'
import type { Role, Tokens } from '../http/guard.ts'

/** Who has logged in. */
export interface Session {
  readonly role: Role
  /** Stands in every form, so that no other site can send one. */
  readonly csrf: string
  /** For what goes on after its request has been let in. */
  isOver(): boolean
}

/**
 * Kept by the browser, signed with the token: a new token ends all sessions, on every gateway that has it. Who has logged
 * out is remembered in memory, by this gateway alone.
 */
export interface Sessions {
  open(c: Context, role: Role): Promise<void>
  /** Undefined where there is none, or it is over. */
  read(c: Context): Promise<Session | undefined>
  close(c: Context): Promise<void>
}

const COOKIE = 'lark-fanout-session'
const PATH = '/console'
const LIFETIME_S = 12 * 60 * 60

/** What is signed of a session, and right. */
interface Signed {
  readonly role: Role
  readonly text: string
  /** Unix milliseconds. */
  readonly endsAt: number
}

export function createSessions(
  tokens: Tokens,
  { crypto, now }: Pick<Runtime, 'crypto' | 'now'>,
): Sessions {
  const sign = async (role: Role, text: string) => {
    const key = new TextEncoder().encode(tokens[role])
    return crypto.toHex(await crypto.hmacSha256(key, `lark-fanout console ${text}`))
  }

  const closed = createClosed(now)
  const isOver = ({ text, endsAt }: Signed) => now() >= endsAt || closed.has(text)

  /** Undefined where the signature is wrong, its time is over, or it was closed. */
  async function check(c: Context): Promise<Signed | undefined> {
    const [role, end, nonce, signature = ''] = (getCookie(c, COOKIE) ?? '').split('.')
    if ((role !== 'admin' && role !== 'viewer') || tokens[role] === undefined) return undefined
    const signed: Signed = { role, text: `${role}.${end}.${nonce}`, endsAt: Number(end) }
    const isRight = crypto.equal(signature, await sign(role, signed.text))
    return isRight && !isOver(signed) ? signed : undefined
  }

  return {
    // Not `Strict`: whoever follows a link of an alert is logged in there, too. Forms have more than that.
    async open(c, role) {
      const nonce = crypto.toHex(crypto.randomBytes(16))
      const text = `${role}.${now() + LIFETIME_S * 1000}.${nonce}`
      setCookie(c, COOKIE, `${text}.${await sign(role, text)}`, {
        ...{ path: PATH, maxAge: LIFETIME_S, httpOnly: true, sameSite: 'Lax' },
        secure: isSecure(c),
      })
    },
    async read(c) {
      const session = await check(c)
      if (!session) return undefined
      const { role, text } = session
      const csrf = await sign(role, `form ${text}`)
      return { role, csrf, isOver: () => isOver(session) }
    },
    async close(c) {
      const session = await check(c)
      if (session) closed.add(session)
      deleteCookie(c, COOKIE, { path: PATH })
    },
  }
}

/** Nobody but who has a token makes sessions to close. */
const MOST_CLOSED = 10_000

/** Sessions that were closed before their end, until then; beyond the bound the oldest are forgotten. */
function createClosed(now: () => number) {
  const ends = new Map<string, number>()
  return {
    has: (text: string) => ends.has(text),
    add({ text, endsAt }: Signed) {
      for (const [known, end] of ends) {
        if (end <= now() || ends.size >= MOST_CLOSED) ends.delete(known)
      }
      ends.set(text, endsAt)
    },
  }
}

/** Whether the browser came by https, as far as a proxy before the gateway says so. */
function isSecure(c: Context): boolean {
  const proto = c.req.header('x-forwarded-proto') ?? new URL(c.req.url).protocol
  return proto.startsWith('https')
}
