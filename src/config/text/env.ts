import { messageOf } from '../../core/errors.ts'

/** Where the values of `${…}` come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** For `${file:/path}`; throws where there is none. */
  readFile(path: string): string
  /** Makes up the value of a variable that is missing or empty. */
  readonly inventSecret?: ((variable: string) => string) | undefined
  /** Where people set a variable; without it: USUAL_PLACE. */
  readonly whereToSet?: string
}

export interface Expanded {
  readonly value: string
  /** What came from outside, by the reference as it is written. */
  readonly parts: ReadonlyMap<string, string>
  readonly problems: readonly string[]
  /** Whether nothing is wrong but that a value is not here. */
  readonly isLacking: boolean
}

const REFERENCE = /\$\$|\$\{([^}]*)(\}?)/g
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
const FILE = /^file:(.+)$/s

/** Whether a text, as written, takes something from outside: then it is a secret, and is shown as written. */
export function hasReference(text: string): boolean {
  if (!text.includes('${')) return false
  const references = [...text.matchAll(REFERENCE)]
  return references.some(([, inner = '', end]) => end && (VARIABLE.test(inner) || FILE.test(inner)))
}

/** Stands for what comes from outside. */
export const OUTSIDE = '\0'

/** What a text itself gives away: it holds OUTSIDE in place of its references, but for those that have a default. */
export function literalIn(text: string): string {
  return text.replaceAll(REFERENCE, (reference) => {
    if (reference === '$$') return '$'
    if (!hasReference(reference)) return reference
    const [, , fallback = ''] = VARIABLE.exec(reference.slice(2, -1)) ?? []
    return fallback.replaceAll('$$', () => '$') || OUTSIDE
  })
}

/** Whether what `literalIn` has left is more than what stands between one reference and the next. */
export function isWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

/** A variable that a text asks for. */
export interface Variable {
  readonly name: string
  /** Whether the text has a default for it. */
  readonly isOptional: boolean
}

export function variablesIn(text: string): readonly Variable[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, inner = '', end]) => {
    const [, name, fallback] = (end && VARIABLE.exec(inner)) || []
    return name === undefined ? [] : [{ name, isOptional: fallback !== undefined }]
  })
}

/**
 * Puts values in place of `${VAR}`, `${VAR:-default}` and `${file:/path}`, and a dollar in place of `$$`. A reference
 * that cannot be resolved, or only to nothing, stays as it is and is a problem; so is a text that comes to nothing.
 */
export function expandText(text: string, surroundings: Surroundings): Expanded {
  const problems = new Set<string>()
  const lacks = new Set<string>()
  const parts = new Map<string, string>()
  const value = text.replaceAll(REFERENCE, (reference, inner: string, end: string) => {
    if (reference === '$$') return '$'
    const resolved = end === '' ? unknownForm : resolve(inner, surroundings)
    if ('problem' in resolved) {
      problems.add(resolved.problem)
      if (resolved.isLack) lacks.add(resolved.problem)
      return reference
    }
    parts.set(reference, resolved.value)
    return resolved.value
  })
  if (problems.size === 0 && value.trim() === '' && hasReference(text)) {
    problems.add(`is empty: ${text} comes to nothing`)
  }
  const isLacking = lacks.size > 0 && lacks.size === problems.size
  return { value, parts, problems: [...problems], isLacking }
}

/** Does not quote what is there: it may be a password with a dollar in it. */
const unknownForm = {
  problem: `has a $ and { that are none of \${VAR}, \${VAR:-default} and \${file:/path}; a dollar by itself is $$`,
  isLack: false,
}

/** Where people set variables. */
export const USUAL_PLACE = 'in the environment or in .env'

type Resolved = { readonly value: string } | { readonly problem: string; readonly isLack: boolean }

function resolve(inner: string, surroundings: Surroundings): Resolved {
  const [, name, fallback] = VARIABLE.exec(inner) ?? []
  if (name !== undefined) return resolveVariable(name, fallback, surroundings)
  const [, path] = FILE.exec(inner) ?? []
  if (path !== undefined) return resolveFile(path, surroundings)
  return unknownForm
}

function resolveVariable(
  name: string,
  fallback: string | undefined,
  { env, inventSecret, whereToSet = USUAL_PLACE }: Surroundings,
): Resolved {
  if (fallback?.includes('{')) {
    const problem = `\${${name}:-…}: a default cannot hold a {, for it ends at the first }`
    return { problem, isLack: false }
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value) return { value }
  if (fallback !== undefined) return { value: fallback.replaceAll('$$', () => '$') }
  if (inventSecret) return { value: inventSecret(name) }
  const state = value === undefined ? 'not set' : 'set, but empty'
  return { problem: `${name} is ${state}: set it ${whereToSet}`, isLack: true }
}

function resolveFile(path: string, { readFile }: Surroundings): Resolved {
  try {
    const value = readFile(path).replace(/\r?\n$/, '')
    return value === '' ? { problem: `${path} is empty`, isLack: true } : { value }
  } catch (error) {
    return { problem: `cannot read ${path}: ${messageOf(error)}`, isLack: true }
  }
}
