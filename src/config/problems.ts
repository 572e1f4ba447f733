import type { Problem } from '../core/errors.ts'
import { partsOf } from './text/dotted.ts'
import { excerptOf, hideAllValues, printable } from './text/excerpt.ts'
import { readFiles, type TextFile } from './text/files.ts'
import { placeText } from './text/parts.ts'

/**
 * Problems of these files as people read them: `routes.yaml:12:5  sinks.finance.retry.attempts: must be >= 1`, then the line of the
 * file and a caret. Those that say nothing of their place, as a sink's that cannot be opened, are looked up;
 * without its `hiddenText`, all values of their lines are masked.
 */
export function formatProblems(
  files: readonly TextFile[],
  problems: readonly Problem[],
  hiddenText?: string,
): string {
  const [main] = files
  return problems
    .map((problem) => format(placed(problem, files, hiddenText), main?.name ?? ''))
    .join('\n\n')
}

function format(problem: Problem, main: string): string {
  const { path, message, file = main, line, column = 1, excerpt } = problem
  const place = line === undefined ? file : placeText({ file, line, column })
  const sentence = path === '' ? message : `${path}: ${message}`
  const head = `${place}  ${printable(sentence)}`
  return excerpt === undefined ? head : `${head}\n${indent(excerpt)}`
}

function indent(excerpt: string): string {
  return excerpt.replaceAll(/^/gm, '    ')
}

function placed(
  problem: Problem,
  files: readonly TextFile[],
  hiddenText: string | undefined,
): Problem {
  if (problem.line !== undefined || problem.path === '') return problem
  const document = readFiles(files)
  const place = document.placeOf(partsOf(document.value, problem.path))
  if (place === undefined) return problem
  const offset = place.keyFrom ?? place.from
  const excerpt =
    hiddenText === undefined
      ? excerptOf(document.text, offset, hideAllValues)
      : excerptOf(hiddenText, offset)
  return { ...problem, ...document.positionAt(offset), excerpt }
}
