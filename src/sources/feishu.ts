import * as T from '@sinclair/typebox'
import { RejectedError } from '../core/errors.ts'
import { isObject, type JsonObject } from '../core/event.ts'
import { type Callback, defineSource, type Received } from '../core/plugin.ts'
import type { Crypto, Runtime } from '../core/runtime.ts'
import { createTenantToken } from '../feishu/api/tenant-token.ts'
import {
  appCredentials,
  appDestinations,
  appOf,
  appOptions,
  appProblems,
  type FeishuApp,
} from '../feishu/app-options.ts'
import { createFeishuCipher, type FeishuCipher } from '../feishu/crypto.ts'
import { challengeOf, tokenOf } from '../feishu/envelope.ts'
import { checkEnvelope, receivedEvent } from '../feishu/received.ts'
import { createSubscriptions } from '../feishu/subscriptions.ts'

const secretOrList = (description: string, ...examples: readonly (string | string[])[]) =>
  T.Union(
    [
      T.String({ minLength: 1 }),
      T.Array(T.String({ minLength: 1 }), { minItems: 1, maxItems: 10 }),
    ],
    { secret: true, description, examples },
  )

/** HTTP callbacks of a Feishu or Lark app, verified as the open platform documents it. */
export const feishu = defineSource({
  type: 'feishu',
  options: T.Object({
    verification_token: secretOrList(
      "The app's Verification Token; a list while rotating.",
      `\${FEISHU_VERIFICATION_TOKEN}`,
      [`\${NEW_TOKEN}`, `\${OLD_TOKEN}`],
    ),
    encrypt_key: T.Optional(
      secretOrList(
        "The app's Encrypt Key, if it has one; a list while rotating.",
        `\${FEISHU_ENCRYPT_KEY}`,
        [`\${NEW_KEY}`, `\${OLD_KEY}`],
      ),
    ),
    app_id: T.Optional(appCredentials.app_id),
    app_secret: T.Optional(appCredentials.app_secret),
    ...appOptions,
  }),
  check: appProblems,
  destinations: appDestinations,
  checkAgain: checkEnvelope,
  async open(options, runtime) {
    const tokens = list(options.verification_token)
    const ciphers = await Promise.all(
      list(options.encrypt_key).map((key) => createFeishuCipher(key, runtime.crypto)),
    )
    const open = ciphers.length > 0 ? openEncrypted(ciphers, runtime.crypto) : openPlain
    const knows = (token: string | undefined) =>
      token !== undefined && isOneOf(token, tokens, runtime.crypto)
    const app = appOf(options)
    return {
      ...(app && { probe: (signal) => probeApp(app, runtime, signal) }),
      ...(app && options.subscribe && createSubscriptions(app, runtime)),
      async receive(callback) {
        const opened = await open(parseCallback(callback.body), callback)
        if (!knows(tokenOf(opened.body))) throw unauthorized()
        return answer(opened, runtime)
      },
    }
  },
})

async function probeApp(app: FeishuApp, runtime: Runtime, signal: AbortSignal): Promise<string> {
  await createTenantToken(app, runtime).get(signal)
  return 'Feishu takes app_id and app_secret'
}

/** A body in the clear, and whether a valid signature vouches for it (or no key is set, so that none is asked for). */
interface Opened {
  readonly body: JsonObject
  readonly text: string
  readonly signed: boolean
}

type Open = (parsed: Parsed, callback: Callback) => Promise<Opened>

interface Parsed {
  readonly body: JsonObject
  readonly text: string
}

/** One answer for every cause, so that it tells nothing about keys, padding or tokens. */
const unauthorized = () => new RejectedError(401, 'The request is not authentic.')

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseCallback(bytes: Uint8Array): Parsed {
  const parsed = parseObject(() => utf8.decode(bytes))
  if (parsed === undefined) throw new RejectedError(400, 'The body must be a JSON object.')
  return parsed
}

/** Undefined for what is not UTF-8 or not a JSON object. */
function parseObject(read: () => string): Parsed | undefined {
  try {
    const text = read()
    const body: unknown = JSON.parse(text)
    return isObject(body) ? { body, text } : undefined
  } catch {
    return undefined
  }
}

const openPlain: Open = async (parsed) => ({ ...parsed, signed: true })

function openEncrypted(ciphers: readonly FeishuCipher[], crypto: Crypto): Open {
  return async ({ body }, callback) => {
    if (typeof body.encrypt !== 'string') throw unauthorized()
    const signer = await findSigner(ciphers, callback, crypto)
    // Feishu signs no url_verification, so its key can only be found by trying.
    for (const cipher of signer ? [signer] : ciphers) {
      const opened = await decrypt(cipher, body.encrypt)
      if (opened) return { ...opened, signed: signer !== undefined }
    }
    throw unauthorized()
  }
}

async function decrypt(cipher: FeishuCipher, base64: string): Promise<Parsed | undefined> {
  const text = await cipher.decrypt(base64).catch(() => undefined)
  return text === undefined ? undefined : parseObject(() => text)
}

/** The cipher whose key signed these very bytes. Tries all of them, so that the time taken names none. */
async function findSigner(
  ciphers: readonly FeishuCipher[],
  { headers, body }: Callback,
  crypto: Crypto,
): Promise<FeishuCipher | undefined> {
  const signature = headers.get('x-lark-signature') ?? ''
  const timestamp = headers.get('x-lark-request-timestamp') ?? ''
  const nonce = headers.get('x-lark-request-nonce') ?? ''
  let signer: FeishuCipher | undefined
  for (const cipher of ciphers) {
    const expected = await cipher.sign(timestamp, nonce, body)
    if (crypto.equal(signature, expected)) signer ??= cipher
  }
  return signer
}

function answer({ body, text, signed }: Opened, runtime: Runtime): Received {
  const challenge = challengeOf(body)
  if (challenge !== undefined) return { kind: 'reply', body: { challenge } }
  if (!signed || body.type === 'url_verification') throw unauthorized()
  return receivedEvent(body, text, runtime.now())
}

function isOneOf(value: string, known: readonly string[], crypto: Crypto): boolean {
  return known.reduce((found, candidate) => crypto.equal(value, candidate) || found, false)
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
