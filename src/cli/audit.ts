import type { Command } from './command.ts'
import { createList, field, listHelp, listOptions } from './data/list.ts'
import { dataHelp, dataOptions, withData } from './data/open.ts'

export const audit: Command = {
  usage: '[--limit N | --all] [--json] [--url URL]',
  help: `Who paused, resumed, retried, replayed and discarded, newest first. Work without an outcome is under way, or its
process ended in its middle.

${dataHelp}

${listHelp}`,
  options: { ...dataOptions, ...listOptions },
  async run(args) {
    const print = createList(args, {
      noun: 'entries',
      columns: {
        AT: field('at'),
        ACTOR: field('actor'),
        ACTION: field('action'),
        REQUEST: field('request'),
        OUTCOME: field('outcome'),
      },
    })
    await withData(args, (data) => print((part) => data.audit(part)))
    return 0
  },
}
