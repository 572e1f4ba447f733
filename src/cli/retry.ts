import type { JsonObject } from '../core/event.ts'
import { type Arguments, type Command, flag, text, UsageError } from './command.ts'
import { change, yesHelp, yesOption } from './data/change.ts'
import type { Data } from './data/data.ts'
import { count, numberAt } from './data/numbers.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'
import { spanHelp, spanOf, spanOptions } from './data/when.ts'

export const retry: Command = {
  usage: '<id>… | [filters] | --all [--yes] [--url URL]',
  help: `Owes dead letters again, their attempts counted from 1: those of these delivery ids at once, or all that the
filters select.

${dataHelp}

--sink NAME     only of this sink
--event ID      only of this event: its id, or its REF as ref:17
${spanHelp}
--all           every dead letter there is
${yesHelp}`,
  positionals: Number.POSITIVE_INFINITY,
  options: {
    ...dataOptions,
    ...spanOptions,
    ...yesOption,
    sink: { type: 'string' },
    event: { type: 'string' },
    all: { type: 'boolean' },
  },
  async run(args) {
    const ids = [...new Set(args.positionals)]
    const filter = filterOf(args)
    return withData(args, (data) =>
      ids.length > 0 ? retryThese(data, ids) : retryAll(args, data, filter),
    )
  },
}

/** Throws UsageError where it is not clear which ones are meant. */
function filterOf(args: Arguments) {
  const filter = {
    sink: text(args, 'sink'),
    event: text(args, 'event'),
    ...spanOf(args, Date.now()),
  }
  const selects = Object.values(filter).some((value) => value !== undefined)
  const ways = [args.positionals.length > 0, selects, flag(args, 'all') === true]
  if (ways.filter(Boolean).length === 1) return filter
  throw new UsageError(
    'say which dead letters: ids, or --sink, --event, --since and --until, or --all for every one',
  )
}

async function retryThese(data: Data, ids: readonly string[]): Promise<number> {
  const { signal } = new AbortController()
  const work = { progress: () => {}, signal }
  const retried = numberAt(await data.retry({ ids, dry_run: false }, work), 'retried')
  process.stdout.write(`${count(retried, 'dead letter is', 'dead letters are')} owed again\n`)
  if (retried === ids.length) return 0
  const rest = count(ids.length - retried, 'of the ids is', 'of the ids are')
  process.stderr.write(`${rest} not of a dead letter; see \`deliveries list --state dead\`\n`)
  return 1
}

async function retryAll(
  args: Arguments,
  data: Data,
  filter: ReturnType<typeof filterOf>,
): Promise<number> {
  const retried = (numbers: JsonObject) => numberAt(numbers, 'retried')
  return change(args, {
    noun: 'dead letters',
    count: retried,
    preview: (work) => data.retry({ filter, dry_run: true }, work),
    hasWork: (preview) => retried(preview) > 0,
    make: (work) => data.retry({ filter, dry_run: false }, work),
    describe(numbers, done) {
      const letters = retried(numbers)
      if (done) return `${count(letters, 'dead letter is', 'dead letters are')} owed again`
      return `${count(letters, 'dead letter', 'dead letters')} would be owed again`
    },
  })
}
