import { printable } from '../../core/printable.ts'
import type { Environment } from '../../hosts/environment.ts'
import type { ConfigFile } from '../../hosts/node-config.ts'
import { widthOf } from '../data/terminal-text.ts'
import { askAll } from './live.ts'
import type { PlacedAnswer } from './probe.ts'

/** Asks, and prints the answers as they come. Resolves to the exit code. */
export async function runLive(
  file: ConfigFile,
  environment: Environment,
  json: boolean,
): Promise<number> {
  // Whoever reads may have seen enough: what is asked for is made all the same.
  process.stdout.on('error', () => {})
  const paths = [
    ...file.config.sources.map(({ name }) => `sources.${name}`),
    ...file.config.sinks.map(({ name }) => `sinks.${name}`),
  ]
  const width = Math.max(...paths.map((path) => widthOf(printable(path))))
  let isWrong = false
  for await (const answer of askAll(file, environment)) {
    isWrong ||= answer.result === 'wrong'
    const line = json ? JSON.stringify(answer) : lineOf(answer, width)
    process.stdout.write(`${line}\n`)
  }
  return isWrong ? 1 : 0
}

const MARKS = { ok: 'ok', wrong: '!!', unasked: '– ' } as const

function lineOf({ path, result, message }: PlacedAnswer, width: number): string {
  const named = printable(path)
  const gap = ' '.repeat(width - widthOf(named))
  return `${MARKS[result]}  ${named}${gap}  ${printable(message)}`
}
