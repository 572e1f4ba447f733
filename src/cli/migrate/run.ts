import { printable } from '../../core/printable.ts'
import { currentEnv, type Env } from '../../hosts/environment.ts'
import { describeStore, readStoreAddress, type StoreAddress } from '../../hosts/store-address.ts'
import {
  type Contents,
  type Counted,
  KINDS,
  type Kind,
  type Measure,
  type Moved,
  move,
  totalOf,
} from '../../stores/move.ts'
import { openPostgresImport, type PostgresImport, SET_ASIDE } from '../../stores/postgres/import.ts'
import { openSqliteExport, type SqliteExport } from '../../stores/sqlite-export.ts'
import { type Arguments, configFile, flag, text, UsageError } from '../command.ts'
import { createProgressLine, type ProgressLine } from '../data/progress-line.ts'
import { createTable } from '../data/table.ts'

/** Resolves to the exit code. */
export async function runMigrate(args: Arguments): Promise<number> {
  const env = currentEnv(configFile(args))
  const from = addressOf(args, env, 'from', 'sqlite')
  if (flag(args, 'dry-run')) return withSource(from.file, countOnly)
  const to = addressOf(args, env, 'to', 'postgres')
  process.stdout.write(`${printable(`${describeStore(from)} to ${describeStore(to)}`)}\n`)
  return withSource(from.file, (source) => moveTo(to.url, source))
}

const EXAMPLES = {
  sqlite: 'sqlite:./data/lark-fanout.db',
  postgres: 'postgres://<user>:<password>@<host>:<port>/<database>',
} as const

/** The option's, or DATABASE_URL where that is of this kind. Throws UsageError, without the URL. */
function addressOf<K extends keyof typeof EXAMPLES>(
  args: Arguments,
  { DATABASE_URL }: Env,
  option: 'from' | 'to',
  kind: K,
): Extract<StoreAddress, { kind: K }> {
  const given = text(args, option)
  const name = given === undefined ? 'DATABASE_URL' : `--${option}`
  const address = readStoreAddress({ DATABASE_URL: given ?? DATABASE_URL }, (_, message) => {
    throw new UsageError(`${name} ${message}`)
  })
  if (isOf(address, kind)) return address
  if (given !== undefined) throw new UsageError(`${name} must be like ${EXAMPLES[kind]}`)
  throw new UsageError(`say where ${option}: --${option} ${EXAMPLES[kind]}`)
}

function isOf<K extends StoreAddress['kind']>(
  address: StoreAddress,
  kind: K,
): address is Extract<StoreAddress, { kind: K }> {
  return address.kind === kind
}

async function withSource(
  file: string,
  work: (source: SqliteExport) => Promise<number> | number,
): Promise<number> {
  const source = openSqliteExport(file)
  try {
    return await work(source)
  } finally {
    source.close()
  }
}

function countOnly({ contents }: SqliteExport): number {
  printCounts([contents.measures])
  return 0
}

async function moveTo(url: string, source: SqliteExport): Promise<number> {
  const tell = (_: object, message: string) => say(message)
  const target = openPostgresImport(url, { info: tell, warn: tell })
  try {
    return report(source, await watched(source, target))
  } finally {
    await target.close()
  }
}

/** Shows how it comes on. Ctrl-C ends it after the batch in hand. */
async function watched(source: SqliteExport, target: PostgresImport): Promise<Moved> {
  const stopping = new AbortController()
  const stop = () => stopping.abort(new Error('stopped'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const total = totalOf(source.contents.measures)
  let line: ProgressLine | undefined
  let before = 0
  const progress = (done: number) => {
    if (!line) {
      before = done
      line = createProgressLine({ noun: 'rows', total: total - before })
      if (before > 0) say(`${before} of ${total} rows are there already`)
    }
    line.show(done - before)
  }
  try {
    return await move(source, target, { progress, signal: stopping.signal })
  } catch (error) {
    line?.end()
    if (line) say('what has been moved stays; the same command goes on with the rest')
    throw error
  } finally {
    line?.end()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

function report({ contents }: SqliteExport, moved: Moved): number {
  if ('endedAt' in moved) {
    const when = new Date(moved.endedAt).toISOString()
    process.stdout.write(`all of it was moved there at ${when}: nothing is left to do\n`)
    return 0
  }
  printCounts([contents.measures, moved.measures])
  if (!moved.isWhole) {
    say(whatDiffers(contents, moved))
    return 1
  }
  process.stdout.write('all of it is there: start the gateway with the new DATABASE_URL\n')
  return 0
}

function whatDiffers({ last }: Contents, { added }: Counted): string {
  const lost =
    added === 0
      ? ''
      : ` ${added} of its events are not of the old one, and would be lost if it were dropped: SELECT * FROM lark_fanout.events WHERE seq > ${last.event}.`
  return `they differ, for something else has written to the new store meanwhile.${lost} End whatever that is, set the new store aside (${SET_ASIDE}), and call this again`
}

const NAMES: Readonly<Record<Kind, string>> = {
  events: 'events',
  identities: 'identities',
  pending: 'pending deliveries',
  delivered: 'delivered',
  dead: 'dead letters',
  attempts: 'attempts',
  pauses: 'pauses',
  audit: 'audit',
}

function printCounts(sides: readonly (readonly Measure[])[]): void {
  const table = createTable(['', ...['FROM', 'TO'].slice(0, sides.length)])
  const countOf = (measures: readonly Measure[], kind: Kind) =>
    String(measures.find((one) => one.kind === kind)?.count ?? 0)
  table.add(KINDS.map((kind) => [NAMES[kind], ...sides.map((side) => countOf(side, kind))]))
}

/** Beside the counts, which may go to a program. */
function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}
