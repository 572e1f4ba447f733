import { isObject, type Json } from '../../core/event.ts'
import type { Path } from '../check/finding.ts'
import { isAddress, secretsInAddress } from './address.ts'
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
  ]
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
