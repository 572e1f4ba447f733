import type { Context } from 'hono'
import { RejectedError } from '../core/errors.ts'
import { isObject } from '../core/event.ts'
import type { Runtime } from '../core/runtime.ts'
import { createGuesses } from './guesses.ts'

/** Lets a request pass that has the token. Throws RejectedError: 401, and 429 once there were too many wrong ones. */
export function createGuard(
  token: string,
  { crypto, now, log }: Pick<Runtime, 'crypto' | 'now' | 'log'>,
): (c: Context) => void {
  const guesses = createGuesses(now)
  return (c) => {
    const address = remoteAddressOf(c)
    const refusedMs = guesses.refusedMs(address)
    if (refusedMs > 0) throw tooMany(refusedMs)
    const given = /^bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (given !== undefined) {
      if (crypto.equal(given, token)) return
      if (guesses.count(address)) log.warn({ address }, 'too many wrong admin tokens')
    }
    const challenge = { 'WWW-Authenticate': 'Bearer' }
    throw new RejectedError(401, 'Authorization: Bearer <ADMIN_TOKEN> is needed.', challenge)
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
