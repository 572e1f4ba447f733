import { createInterface } from 'node:readline/promises'
import type { JsonObject } from '../../core/event.ts'
import { printableLines } from '../../core/printable.ts'
import { type Arguments, flag } from '../command.ts'
import type { Work } from './data.ts'
import { createProgressLine } from './progress-line.ts'

export const yesOption = { yes: { type: 'boolean' } } as const

export const yesHelp = `--yes           do it; without it, what would happen is shown, and on a terminal asked about`

/** A change to many things, which is looked at before it is made. */
export interface Change {
  /** What its progress counts: `events`. */
  readonly noun: string
  count(numbers: JsonObject): number
  /** What would happen, in numbers. */
  preview(work: Work): Promise<JsonObject>
  /** Whether there is anything to do. */
  hasWork(preview: JsonObject): boolean
  make(work: Work): Promise<JsonObject>
  /** Says what would happen, or what has. */
  describe(numbers: JsonObject, done: boolean): string
}

/** Says what a change would do, and makes it with `--yes` or after a yes. Resolves to the exit code. */
export async function change(args: Arguments, planned: Change): Promise<number> {
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('stopped; what was done until then stays done'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await changeUntil(stopping.signal, args, planned)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** Ctrl-C ends it after the batch in hand. */
async function changeUntil(signal: AbortSignal, args: Arguments, planned: Change): Promise<number> {
  const preview = await watched(planned, { signal }, planned.preview)
  print(planned.describe(preview, false))
  if (!planned.hasWork(preview)) return 0
  if (!flag(args, 'yes') && !(await agreed(signal))) {
    print(`Nothing has been changed${isTerminal() ? '' : '; --yes does it'}.`)
    return 0
  }
  const total = planned.count(preview)
  const outcome = await watched(planned, { signal, total }, planned.make)
  print(planned.describe(outcome, true))
  return 0
}

/** Runs long work with a line that shows how it comes on. */
async function watched<T>(
  { noun, count }: Pick<Change, 'noun' | 'count'>,
  { signal, total }: { readonly signal: AbortSignal; readonly total?: number },
  run: (work: Work) => Promise<T>,
): Promise<T> {
  const line = createProgressLine({ noun, total })
  try {
    return await run({ progress: (state) => line.show(count(state)), signal })
  } finally {
    line.end()
  }
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

/** Asks, where there is someone to ask. */
async function agreed(signal: AbortSignal): Promise<boolean> {
  if (!isTerminal()) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await terminal.question('Do it? [y/N] ', { signal })).trim())
  } finally {
    terminal.close()
  }
}

function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`)
}
