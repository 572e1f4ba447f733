import type { Context } from 'hono'
import { RejectedError } from '../core/errors.ts'
import { BODY_LIMIT_BYTES, readBody } from '../http/body.ts'
import { frameWords } from './frame-words.ts'
import { languageOf } from './language.ts'
import type { Visit } from './visit.ts'

/** The fields of a form, each as it was last given. Throws RejectedError: 413, 400, 403 where another site sent it. */
export async function readForm(c: Context): Promise<ReadonlyMap<string, string>> {
  if (isForeign(c)) throw foreign(c)
  const bytes = await readBody(c.req.raw, BODY_LIMIT_BYTES)
  return new Map(new URLSearchParams(new TextDecoder().decode(bytes)))
}

/** Throws RejectedError 403 where it is not a form of this session's pages. */
export function checkForm({ c, context, session }: Visit, form: ReadonlyMap<string, string>): void {
  const { equal } = context.runtime.crypto
  if (!equal(form.get('csrf') ?? '', session.csrf)) throw foreign(c)
}

function foreign(c: Context): RejectedError {
  return new RejectedError(403, frameWords[languageOf(c)].foreignForm)
}

/** As the browser says: outright over https, over plain HTTP by the origin of the form's page. */
function isForeign(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = c.req.header('origin')
  return origin !== undefined && !isOwn(c, origin)
}

/** By the host alone: a proxy before the gateway speaks https for it. It keeps the host, or says what that was. */
function isOwn(c: Context, origin: string): boolean {
  const page = URL.parse(origin)
  if (!page) return false
  const forwarded = c.req.header('x-forwarded-host')?.split(',')[0]?.trim()
  const hosts = [new URL(c.req.url).host, forwarded]
  return hosts.some((host) => URL.parse(`${page.protocol}//${host}`)?.host === page.host)
}
