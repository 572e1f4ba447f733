import type { Context } from 'hono'
import { RejectedError } from '../core/errors.ts'
import { BODY_LIMIT_BYTES, readBody } from '../http/body.ts'
import type { Session } from './session.ts'

/** The fields of a form, each as it was last given. Throws RejectedError: 413, 400, 403 where another site sent it. */
export async function readForm(c: Context): Promise<ReadonlyMap<string, string>> {
  const from = c.req.header('sec-fetch-site')
  if (from !== undefined && from !== 'same-origin' && from !== 'none') throw foreign()
  const bytes = await readBody(c.req.raw, BODY_LIMIT_BYTES)
  return new Map(new URLSearchParams(new TextDecoder().decode(bytes)))
}

/** Throws RejectedError 403 where it is not a form of this session's pages. */
export function checkForm(
  form: ReadonlyMap<string, string>,
  { csrf }: Session,
  equal: (a: string, b: string) => boolean,
): void {
  if (!equal(form.get('csrf') ?? '', csrf)) throw foreign()
}

function foreign(): RejectedError {
  return new RejectedError(403, 'This form is not from a page of yours: load the page anew.')
}
