import { pino } from 'pino'
import { printable } from '../core/printable.ts'
import type { Log } from '../core/runtime.ts'

/** JSON lines on stdout; readable lines on a terminal. */
export function createNodeLog(level: string): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  // Whoever read the log is gone: an error about it would only be logged in turn.
  process.stdout.on('error', () => {})
  if (!process.stdout.isTTY) return pino(options, process.stdout)
  return pino(options, { write: (line) => process.stdout.write(readable(line)) })
}

/** `18:04:05 warn  delivery failed  sink=finance error="HTTP 503"` */
export function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line)
  const label = pino.levels.labels[level] ?? 'info'
  const details = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`)
  const said = [time.slice(11, 19), label.padEnd(5), msg, ...details].join('  ')
  return `${printable(said)}\n`
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value)
}
