import type { Context } from 'hono'
import { RejectedError } from '../core/errors.ts'
import { isObject } from '../core/event.ts'
import type { Connect, Invitation, LongConnection } from '../core/long-connection.ts'
import type { Plan } from '../core/plan.ts'
import type { Runtime } from '../core/runtime.ts'
import { readBody } from './body.ts'
import { remoteAddressOf } from './guard.ts'
import { createGuesses, type Guesses } from './guesses.ts'
import { problem } from './problem.ts'

/** Where clients ask for a connection: the path is part of every SDK. */
export const ENDPOINT_PATH = '/callback/ws/endpoint'
/** Where they are told to connect. */
export const CONNECT_PATH = '/callback/ws'

export interface LongConnectionContext {
  readonly runtime: Runtime
  plan(): Plan
  /** The address that clients are given, without a slash at its end; undefined for the one that they have asked. */
  readonly publicUrl: string | undefined
  /** Whether the gateway is about to end. */
  closing(): boolean
  /** A receiver may be sent what is owed to it. */
  wake(): void
}

const BODY_LIMIT_BYTES = 16 * 1024

/** Feishu's codes, as the SDKs read them: 514 ends a client, as does the limit; the other is tried again by all four. */
const CODE = { refused: 514, later: 1000040343, full: 1000040350 }

const ANSWERS: Readonly<Record<Exclude<Invitation['kind'], 'invited'>, () => Response>> = {
  'wrong secret': () => refusal(CODE.refused, 'app_id or app_secret is wrong'),
  'too many connections': () => refusal(CODE.full, 'there are too many connections of this app'),
  closing: () => refusal(CODE.later, 'the gateway is about to end, connect again'),
}

/** Answers a client that asks where to connect, always with 200 and `data`: without either some SDKs spin. */
export function createEndpoint(context: LongConnectionContext): (c: Context) => Promise<Response> {
  const guessesOf = createGuessesByApp(context.runtime.now)
  return async (c) => {
    const { appId, secret } = await readCredentials(c.req.raw)
    if (context.closing()) return ANSWERS.closing()
    const address = remoteAddressOf(c)
    const app = find(context.plan(), appId)
    const guesses = guessesOf(app)
    if (guesses.refusedMs(address) > 0) {
      return refusal(CODE.later, 'too many wrong secrets came from this address')
    }
    const invitation = (await app?.invite(secret)) ?? UNKNOWN
    if (invitation.kind === 'invited') return welcome(context, c.req.url, invitation)
    if (invitation.kind === 'wrong secret' && guesses.count(address)) {
      context.runtime.log.warn({ address }, 'too many wrong app secrets')
    }
    return ANSWERS[invitation.kind]()
  }
}

const UNKNOWN: Invitation = { kind: 'wrong secret' }

function find(plan: Plan, appId: string): LongConnection | undefined {
  return longConnections(plan).find((one) => one.appId === appId)
}

function longConnections({ sinks }: Plan): readonly LongConnection[] {
  return [...sinks.values()].flatMap(({ sink }) => sink.longConnection ?? [])
}

/**
 * Behind a proxy all clients have one address: guesses at one app must not lock out the others, nor must those at apps
 * that there are not, which have one count together.
 */
function createGuessesByApp(now: () => number): (app: LongConnection | undefined) => Guesses {
  const unknown = createGuesses(now)
  const known = new WeakMap<LongConnection, Guesses>()
  return (app) => {
    if (!app) return unknown
    const guesses = known.get(app) ?? createGuesses(now)
    known.set(app, guesses)
    return guesses
  }
}

async function readCredentials(request: Request) {
  const body = await readBody(request, BODY_LIMIT_BYTES)
  const { AppID, AppSecret } = parse(body)
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return { appId: text(AppID), secret: text(AppSecret) }
}

/** Whatever type the request says that it is: not every SDK says. */
function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    if (isObject(value)) return value
  } catch {
    // Said below.
  }
  throw new RejectedError(400, 'The body must be a JSON object with AppID and AppSecret.')
}

function welcome(
  { publicUrl }: LongConnectionContext,
  asked: string,
  { query, clientConfig }: Invitation & { readonly kind: 'invited' },
): Response {
  const base = (publicUrl ?? new URL(asked).origin).replace(/^http/, 'ws')
  const address = `${base}${CONNECT_PATH}?${query}`
  return answer({ code: 0, msg: '', data: { URL: address, ClientConfig: clientConfig } })
}

function refusal(code: number, msg: string): Response {
  return answer({ code, msg, data: {} })
}

function answer(body: object): Response {
  return new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })
}

/**
 * Answers a client that wants to upgrade its connection: with how to take it over, or with a refusal, upon which every
 * SDK asks for a new address. `target` is the request's path and query.
 */
export type Upgrade = (target: string) => Promise<Response | Connect>

export function createUpgrade(context: LongConnectionContext): Upgrade {
  return async (target) => {
    const [path, query = ''] = splitOnce(target, '?')
    if (path !== CONNECT_PATH) {
      return problem(new RejectedError(404, 'There is nothing to connect to at this path.'))
    }
    if (context.closing()) return notNow(503, 'The gateway is about to end.')
    const parameters = new URLSearchParams(query)
    for (const one of longConnections(context.plan())) {
      if (await one.admits(parameters)) return (peer) => one.connect(peer, context.wake)
    }
    return notNow(401, 'The ticket is not valid, or no longer: ask for a new address.')
  }
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** 514 without a `Handshake-Autherrcode` is tried again; Go and Python read the message, too. */
function notNow(status: number, message: string): Response {
  const headers = { 'Handshake-Status': '514', 'Handshake-Msg': message }
  return problem(new RejectedError(status, message, headers))
}
