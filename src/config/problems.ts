import type { Problem } from '../core/errors.ts'
import { readDocument } from './text/document.ts'
import { partsOf } from './text/dotted.ts'
import { excerptOf, hideAllValues, printable } from './text/excerpt.ts'

/**
 * Problems as people read them: `routes.yaml:12:5  sinks.finance.retry.attempts: must be >= 1`, then the line of the
 * file and a caret. Those that say nothing of their place, as a sink's that cannot be opened, are looked up in `text`;
 * without its `hiddenText`, all values of their lines are masked.
 */
export function formatProblems(
  file: string,
  text: string,
  problems: readonly Problem[],
  hiddenText?: string,
): string {
  return problems.map((problem) => format(file, placed(problem, text, hiddenText))).join('\n\n')
}

function format(file: string, { path, message, line, column, excerpt }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  const sentence = path === '' ? message : `${path}: ${message}`
  const head = `${place}  ${printable(sentence)}`
  return excerpt === undefined ? head : `${head}\n${indent(excerpt)}`
}

function indent(excerpt: string): string {
  return excerpt.replaceAll(/^/gm, '    ')
}

function placed(problem: Problem, text: string, hiddenText: string | undefined): Problem {
  if (problem.line !== undefined || problem.path === '') return problem
  try {
    const document = readDocument(text)
    const place = document.placeOf(partsOf(document.value, problem.path))
    if (place === undefined) return problem
    const offset = place.keyFrom ?? place.from
    const excerpt =
      hiddenText === undefined
        ? excerptOf(text, offset, hideAllValues)
        : excerptOf(hiddenText, offset)
    return { ...problem, ...document.positionAt(offset), excerpt }
  } catch {
    // The text has become another one since; the problem stands without its place.
    return problem
  }
}
