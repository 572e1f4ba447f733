import type { Json } from '../../core/event.ts'
import type { Finding, Path } from '../check/finding.ts'
import { expandText, hasReference, type Variable, variablesIn } from './env.ts'
import { mapTexts } from './expand.ts'

/** A file in a place that does not know the values of its references. */
export interface UnexpandedTree {
  /** A copy of its own, with each text that holds a reference as it is written. */
  readonly value: Json
  /** Where those texts are. */
  readonly unknown: readonly Path[]
  /** References that can be resolved nowhere, or not in a worker. */
  readonly findings: readonly Finding[]
  /** Each once, in the order of the file; optional if it has a default wherever it stands. */
  readonly variables: readonly Variable[]
}

const NO_FILES = `a worker has no files; write \${VAR} in its place`

/** Looks at the references in all strings of a file, and leaves them. `$$` becomes a dollar where there are none. */
export function leaveReferences(file: Json): UnexpandedTree {
  const unknown: Path[] = []
  const findings: Finding[] = []
  const variables = new Map<string, Variable>()

  function leaveString(text: string, path: Path): string {
    const named = variablesIn(text)
    for (const { name, isOptional } of named) {
      const isSoElsewhere = variables.get(name)?.isOptional ?? true
      variables.set(name, { name, isOptional: isOptional && isSoElsewhere })
    }
    const { value, problems } = expandText(text, {
      env: Object.fromEntries(named.map(({ name }) => [name, 'a value'])),
      readFile: () => {
        throw new Error(NO_FILES)
      },
    })
    for (const message of problems) findings.push({ path, message })
    if (!hasReference(text)) return value
    unknown.push(path)
    return text
  }

  const value = mapTexts(file, leaveString)
  return { value, unknown, findings, variables: [...variables.values()] }
}
