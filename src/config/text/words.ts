import { isObject, type Json } from '../../core/event.ts'
import type { Path } from '../check/finding.ts'
import { credentialsOf, isAddress, secretsInAddress } from './address.ts'
import type { WrittenPlace } from './document.ts'
import { hasReference } from './env.ts'
import type { Word } from './expand.ts'

/** What the file's text itself gives away: its literal secrets, and what addresses hold. `value` is expanded. */
export function wordsIn(
  { places }: { readonly places: readonly WrittenPlace[] },
  secrets: readonly WrittenPlace[],
  value: Json,
): readonly Word[] {
  const literals = secrets.filter(({ source }) => source !== '' && !hasReference(source))
  return [
    ...literals.flatMap(({ path, source }) =>
      [...new Set([source, textAt(value, path) ?? source])].map((text) => hide(path, text)),
    ),
    ...places
      .filter(isAddress)
      .flatMap(({ path, source }) =>
        secretsInAddress(textAt(value, path) ?? source).map((text) => hide(path, text)),
      ),
    ...secrets.flatMap(({ path }) => sentWith(path, value).map((text) => hide(path, text))),
  ]
}

/** A password as it is sent with the username beside it, by Basic authentication. */
function sentWith(path: Path, value: Json): readonly string[] {
  if (path.at(-1) !== 'password') return []
  const user = textAt(value, [...path.slice(0, -1), 'username'])
  const password = textAt(value, path)
  return user && password ? [credentialsOf(user, password)] : []
}

function hide(path: Path, value: string): Word {
  return { path, value, shown: '***' }
}

function textAt(value: Json | undefined, path: Path): string | undefined {
  let found = value
  for (const key of path) {
    if (Array.isArray(found)) found = found[Number(key)]
    else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return typeof found === 'string' ? found : undefined
}
