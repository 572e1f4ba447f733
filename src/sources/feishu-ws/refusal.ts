import type { IncomingMessage } from 'node:http'
import { isObject } from '../../core/event.ts'
import { type ApiAnswer, wordsOf } from '../../feishu/api/call.ts'

/** Why there is no connection. */
export interface Failure {
  readonly message: string
  /** It is for people to mend, here or in the developer console. */
  readonly refused: boolean
}

/** What people have to do about it, by the code with which Feishu refuses a connection. */
const ADVICE: Readonly<Record<number, string>> = {
  403: 'the app may not: it must be a custom app, with the long connection chosen in the developer console under Events and callbacks',
  514: 'app_id and app_secret do not belong together: compare them with the developer console',
  1000040350: 'the app has as many long connections as it may: end one of the others',
}

/** Codes that pass by themselves: busy, and an error within Feishu. */
const PASSING: readonly unknown[] = [1, 1000040343]

const NOWHERE = 'the answer does not say where to connect to: is domain right?'

/** Where the answer says to connect to, or why it does not. */
export function addressOf({ body, msg }: ApiAnswer): URL | Failure {
  const { code, data } = body
  const address = isObject(data) && typeof data.URL === 'string' ? URL.parse(data.URL) : null
  if (code === 0 && address) return address
  if (typeof code !== 'number' || code === 0) return { message: NOWHERE, refused: false }
  if (PASSING.includes(code)) {
    return { message: `Feishu is busy: ${said(code, msg)}`, refused: false }
  }
  return refused(code, msg)
}

/** Why a request for a WebSocket has got another answer: its headers say so. */
export function upgradeRefusal({ statusCode, headers }: IncomingMessage): Failure {
  const status = Number(headers['handshake-status'])
  const reason = status === 514 ? Number(headers['handshake-autherrcode']) : status
  const msg = wordsOf(headers['handshake-msg'], [])
  // What else there is passes: another 514 is about the ticket, and the next one may be good.
  if (reason === 403 || reason === 1000040350) return refused(reason, msg)
  return {
    message: `the WebSocket is refused: ${said(status || `HTTP ${statusCode}`, msg)}`,
    refused: false,
  }
}

function refused(code: number, msg: string): Failure {
  const advice = ADVICE[code]
  return {
    message: `Feishu refuses: ${said(code, msg)}${advice ? `: ${advice}` : ''}`,
    refused: true,
  }
}

function said(code: number | string, msg: string): string {
  return msg === '' ? `${code}` : `${code} (${msg})`
}
