import type { Context } from 'hono'
import { RejectedError } from '../core/errors.ts'
import { isObject } from '../core/event.ts'
import type { Runtime } from '../core/runtime.ts'
import { createGuesses } from './guesses.ts'

/** A viewer sees everything that an admin sees, and changes nothing. */
export type Role = 'admin' | 'viewer'

/** What each role proves itself by. */
export interface Tokens {
  readonly admin: string
  readonly viewer?: string | undefined
}

/** Both throw RejectedError: 401, and 429 once too many wrong tokens came from an address. */
export interface Guard {
  /** Lets a request pass whose Authorization has a token. */
  pass(c: Context): Role
  /** Whose token it is that this request brings otherwise. */
  roleOf(c: Context, token: string): Role
}

export function createGuard(
  tokens: Tokens,
  { crypto, now, log }: Pick<Runtime, 'crypto' | 'now' | 'log'>,
  guessed?: () => void,
): Guard {
  const guesses = createGuesses(now, guessed)
  const wrong = () => {
    const challenge = { 'WWW-Authenticate': 'Bearer' }
    return new RejectedError(401, 'Authorization: Bearer <ADMIN_TOKEN> is needed.', challenge)
  }

  function check(c: Context, token: string | undefined): Role {
    const address = remoteAddressOf(c)
    const refusedMs = guesses.refusedMs(address)
    if (refusedMs > 0) throw tooMany(refusedMs)
    if (token === undefined) throw wrong()
    if (crypto.equal(token, tokens.admin)) return 'admin'
    if (tokens.viewer !== undefined && crypto.equal(token, tokens.viewer)) return 'viewer'
    if (guesses.count(address)) log.warn({ address }, 'too many wrong admin tokens')
    throw wrong()
  }

  return {
    pass: (c) => check(c, /^bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]),
    roleOf: check,
  }
}

/** As the host says: Node's lends the request's socket. Empty where it says nothing, so that all share their guesses. */
export function remoteAddressOf(c: Context): string {
  const incoming = memberOf(c.env, 'incoming')
  const address = memberOf(memberOf(incoming, 'socket'), 'remoteAddress')
  return typeof address === 'string' ? address : ''
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function tooMany(refusedMs: number): RejectedError {
  const seconds = Math.ceil(refusedMs / 1000)
  const message = `Too many wrong tokens came from this address. Try again in ${seconds} s.`
  return new RejectedError(429, message, { 'Retry-After': String(seconds) })
}
