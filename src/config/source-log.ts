import type { Log } from '../core/runtime.ts'
import type { Word } from './text/expand.ts'
import { concealAll } from './text/report.ts'

/** The log lent to one source: each line names the source, and shows none of its secrets. */
export function sourceLog(log: Log, source: string, words: readonly Word[]): Log {
  const own = words.filter(({ path }) => path[0] === 'sources' && path[1] === source)
  const conceal = (text: string) => concealAll(text, own)
  const concealFields = (_: string, value: unknown) =>
    typeof value === 'string' ? conceal(value) : value
  const at = (level: keyof Log) => (fields: object, message: string) => {
    const shown: object = JSON.parse(JSON.stringify(fields), concealFields)
    log[level]({ source, ...shown }, conceal(message))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
