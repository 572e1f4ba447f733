import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Runtime } from '../core/runtime.ts'
import type { Role, Tokens } from '../http/guard.ts'

/** Who has logged in. */
export interface Session {
  readonly role: Role
  /** Stands in every form, so that no other site can send one. */
  readonly csrf: string
}

/** Kept by the browser alone, signed with the token: a new token ends all sessions, on every gateway that has it. */
export interface Sessions {
  open(c: Context, role: Role): Promise<void>
  /** Undefined where there is none, or it is over. */
  read(c: Context): Promise<Session | undefined>
  close(c: Context): void
}

const COOKIE = 'lark-fanout-session'
const PATH = '/console'
const LIFETIME_S = 12 * 60 * 60

export function createSessions(
  tokens: Tokens,
  { crypto, now }: Pick<Runtime, 'crypto' | 'now'>,
): Sessions {
  const sign = async (role: Role, text: string) => {
    const key = new TextEncoder().encode(tokens[role])
    return crypto.toHex(await crypto.hmacSha256(key, `lark-fanout console ${text}`))
  }

  /** Its role and what is signed of it, where the signature is right and its time is not over. */
  async function check(cookie: string): Promise<{ role: Role; text: string } | undefined> {
    const [role, endsAt, nonce, signature = ''] = cookie.split('.')
    if ((role !== 'admin' && role !== 'viewer') || tokens[role] === undefined) return undefined
    const text = `${role}.${endsAt}.${nonce}`
    const isRight = crypto.equal(signature, await sign(role, text))
    return isRight && now() < Number(endsAt) ? { role, text } : undefined
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
      const session = await check(getCookie(c, COOKIE) ?? '')
      if (!session) return undefined
      const { role, text } = session
      return { role, csrf: await sign(role, `form ${text}`) }
    },
    close: (c) => void deleteCookie(c, COOKIE, { path: PATH }),
  }
}

/** Whether the browser came by https, as far as a proxy before the gateway says so. */
function isSecure(c: Context): boolean {
  const proto = c.req.header('x-forwarded-proto') ?? new URL(c.req.url).protocol
  return proto.startsWith('https')
}
