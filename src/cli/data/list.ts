import type { JsonObject } from '../../core/event.ts'
import { type Arguments, flag, positive, UsageError } from '../command.ts'
import { flushed } from '../flushed.ts'
import type { JsonPage } from './data.ts'
import { createTable } from './table.ts'
import { jsonLine } from './terminal-text.ts'

export const listOptions = {
  json: { type: 'boolean' },
  limit: { type: 'string' },
  all: { type: 'boolean' },
} as const

export const listHelp = `--limit N       how many at most; default 50
--all           everything
--json          one JSON object a line, named as in docs/api.md`

export interface List {
  /** What it lists: `events`. */
  readonly noun: string
  readonly columns: Columns
}

type Columns = Readonly<Record<string, (item: JsonObject) => string>>

interface Part {
  readonly cursor: string | undefined
  readonly limit: number
}

const DEFAULT_LIMIT = 50
const PAGE_LIMIT = 500

/**
 * Prints a list page by page, as the options say: however long it is, one page is held. Throws UsageError at once, for
 * what they say wrong.
 */
export function createList(
  args: Arguments,
  { noun, columns }: List,
): (page: (part: Part) => Promise<JsonPage>) => Promise<void> {
  const limit = limitOf(args)
  return async (page) => {
    const print = createPrinter(args, columns)
    let cursor: string | undefined
    let printed = 0
    do {
      const { items, next } = await page({ cursor, limit: Math.min(PAGE_LIMIT, limit - printed) })
      print(items)
      await flushed(process.stdout)
      printed += items.length
      cursor = next ?? undefined
    } while (cursor !== undefined && printed < limit)
    if (cursor !== undefined) say(`the first ${printed}; --limit N shows more, --all everything`)
    if (printed === 0) say(`no ${noun}`)
  }
}

/** Beside the list, which may go to a program. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function limitOf(args: Arguments): number {
  const limit = positive(args, 'limit')
  if (flag(args, 'all')) {
    if (limit !== undefined) throw new UsageError('--limit and --all exclude each other')
    return Number.POSITIVE_INFINITY
  }
  if (limit !== undefined && !Number.isInteger(limit)) {
    throw new UsageError('--limit must be a whole number')
  }
  return limit ?? DEFAULT_LIMIT
}

/** Prints one part of a list after the other, as `--json` says. */
export function createPrinter(
  args: Arguments,
  columns: Columns,
): (items: readonly JsonObject[]) => void {
  if (flag(args, 'json'))
    return (items) =>
      process.stdout.write(items.map((item) => `${jsonLine(JSON.stringify(item))}\n`).join(''))
  const table = createTable(Object.keys(columns))
  const cells = Object.values(columns)
  return (items) => table.add(items.map((item) => cells.map((cell) => cell(item))))
}

/** What an item's field says to people: `–` where it says nothing. */
export function field(name: string): (item: JsonObject) => string {
  return (item) => shown(item[name])
}

export function shown(value: JsonObject[string] | undefined): string {
  if (value === undefined || value === null || value === '') return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
