import { isObject, type Json } from '../../core/event.ts'
import type { Finding, Path } from '../check/finding.ts'
import { expandText, hasReference, type Surroundings } from './env.ts'

export interface ExpandedTree {
  /** A copy of its own, with a value in place of each reference. */
  readonly value: Json
  readonly findings: readonly Finding[]
  /** Where a value is not here: the text is left as it is written, which is a finding as well. */
  readonly lacking: readonly Path[]
  /** Each value that came from outside. */
  readonly words: readonly Word[]
}

/** A value that no message may show, and what it shows in its place. */
export interface Word {
  readonly path: Path
  readonly value: string
  readonly shown: string
}

/** In `Bearer ${TOKEN}` the token alone is a secret too; what is shorter may be a word of every day. */
const SHORTEST_PART = 8

/** What the gateway alone looks at. All else that sources lack somebody has given out, an app's secret say. */
const INVENTABLE = ['verification_token', 'encrypt_key']

/** Expands the references in all strings of a file. Only these options of sources are ever made up. */
export function expandTree(file: Json, surroundings: Surroundings): ExpandedTree {
  const { inventSecret, ...withoutInventing } = surroundings
  const findings: Finding[] = []
  const lacking: Path[] = []
  const words: Word[] = []

  function expandString(text: string, path: Path): string {
    const [section, , option = ''] = path
    const isInventable = section === 'sources' && INVENTABLE.includes(option)
    const around = isInventable ? surroundings : withoutInventing
    const { value, parts, problems, isLacking } = expandText(text, around)
    for (const message of problems) findings.push({ path, message })
    if (isLacking) lacking.push(path)
    if (hasReference(text)) words.push({ path, value, shown: text })
    for (const [shown, part] of parts) {
      if (part !== value && part.length >= SHORTEST_PART) words.push({ path, value: part, shown })
    }
    return value
  }

  return { value: mapTexts(file, expandString), findings, lacking, words }
}

/** A sink's `transform` has dollars of its own: `$$`, `$sum(…)`. */
function isExpression([section, , option, ...more]: Path): boolean {
  return section === 'sinks' && option === 'transform' && more.length === 0
}

/** A copy with another text in place of each that may hold references. */
export function mapTexts(value: Json, change: (text: string, path: Path) => string): Json {
  const map = (at: Json, path: Path): Json => {
    if (typeof at === 'string') return isExpression(path) ? at : change(at, path)
    if (Array.isArray(at)) return at.map((item, index) => map(item, [...path, `${index}`]))
    if (!isObject(at)) return at
    const entries = Object.entries(at)
    return Object.fromEntries(entries.map(([key, item]) => [key, map(item, [...path, key])]))
  }
  return map(value, [])
}
