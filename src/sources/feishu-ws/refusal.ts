import { isObject } from '../../core/event.ts'
import type { Failure } from './way.ts'

/** What people have to do about it, by the code with which Feishu refuses a connection. */
const ADVICE: Readonly<Record<number, string>> = {
  403: 'the app may not: it must be a custom app, with the long connection chosen in the developer console under Events and callbacks',
  514: 'app_id and app_secret do not belong together: compare them with the developer console',
  1000040350: 'the app has as many long connections as it may: end one of the others',
}

/** Codes that pass by themselves: busy, and an error within Feishu. */
const PASSING: readonly unknown[] = [1, 1000040343]

/** What is wrong with the answer to the question where to connect to; undefined where it says where. */
export function refusalOf(answer: unknown): Failure | undefined {
  const { code, msg, data } = isObject(answer) ? answer : {}
  if (code === 0 && isObject(data) && typeof data.URL === 'string') return undefined
  if (typeof code !== 'number' || code === 0)
    return {
      message: 'the answer does not say where to connect to: is domain right?',
      refused: false,
    }
  const said = `${code}${typeof msg === 'string' && msg !== '' ? ` (${msg})` : ''}`
  if (PASSING.includes(code)) return { message: `Feishu is busy: ${said}`, refused: false }
  const advice = ADVICE[code]
  return { message: `Feishu refuses: ${said}${advice ? `: ${advice}` : ''}`, refused: true }
}
