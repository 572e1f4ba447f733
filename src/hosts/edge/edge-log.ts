import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'

/** pino's numbers, so that lines read alike wherever the gateway runs. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

type Level = keyof typeof LEVELS

/** JSON lines on the console, in the form of Node's. `write` stands for the console in tests. */
export function createEdgeLog(level: string, write: (line: string) => void = print): Log {
  const least = isLevel(level) ? LEVELS[level] : Number.POSITIVE_INFINITY
  const at = (name: Level) => (fields: object, message: string) => {
    if (LEVELS[name] < least) return
    const time = new Date().toISOString()
    write(lineOf({ level: LEVELS[name], time }, fields, message))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** `silent` is none. */
function isLevel(level: string): level is Level {
  return Object.hasOwn(LEVELS, level)
}

/** A plugin may log what JSON cannot carry, which must not fail its delivery. */
function lineOf(head: object, fields: object, msg: string): string {
  try {
    return JSON.stringify({ ...head, ...fields, msg })
  } catch (error) {
    return JSON.stringify({ ...head, unreadable: messageOf(error), msg })
  }
}

function print(line: string): void {
  // biome-ignore lint/suspicious/noConsole: the platform has no other output
  console.log(line)
}
