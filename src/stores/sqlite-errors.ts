import { messageOf } from '../core/errors.ts'

/** SQLite's primary result codes that a store meets: https://sqlite.org/rescode.html */
const CODES = {
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
}

/** How SQLite words them; Deno gives the code with some errors only. */
const TEXTS: readonly (readonly [string, number])[] = [
  ['database is locked', CODES.busy],
  ['out of memory', CODES.noMemory],
  ['attempt to write a readonly database', CODES.readOnly],
  ['disk I/O error', CODES.io],
  ['database disk image is malformed', CODES.corrupt],
  ['database or disk is full', CODES.full],
  ['unable to open database file', CODES.cannotOpen],
  ['file is not a database', CODES.notADatabase],
]

/** SQLite's primary result code, or undefined when something else was thrown. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  if (!('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return undefined
  return TEXTS.find(([text]) => error.message.startsWith(text))?.[1]
}

export function isBusy(error: unknown): boolean {
  return codeOf(error) === CODES.busy
}

export function isFull(error: unknown): boolean {
  return codeOf(error) === CODES.full
}

/**
 * Whose fault it is: of the call that asked for it, of a damaged page, which is met by those alone who read it, or of the
 * database or its disk, so that no call would have fared better.
 */
export function faultOf(error: unknown): 'call' | 'page' | 'database' {
  const code = codeOf(error)
  if (code === CODES.corrupt) return 'page'
  return Object.values(CODES).some((one) => one === code) ? 'database' : 'call'
}

/** Says which file it is, and what its operator can do. */
export function explainError(error: unknown, file: string): Error {
  const message = messageOf(error)
  const advice = adviceFor(codeOf(error))
  return new Error(advice ? `${file}: ${message}: ${advice}` : message, { cause: error })
}

function adviceFor(code: number | undefined): string | undefined {
  switch (code) {
    case CODES.busy:
      return 'another process keeps the database locked; end it, or wait until it is done'
    case CODES.readOnly:
      return 'make the file and its folder writable for the user that runs this process'
    case CODES.io:
      return 'the disk reports errors; see the log of the operating system'
    case CODES.noMemory:
      return 'give the process or the machine more memory'
    case CODES.full:
      return 'free some space on its disk'
    case CODES.cannotOpen:
      return 'the folder must exist, and be writable for the user that runs this process'
    case CODES.corrupt:
    case CODES.notADatabase:
      return 'restore a backup, or move the file away to start with an empty store'
    default:
      return undefined
  }
}
