import { LOCATIONS } from './build/wrangler.ts'
import { type Command, configHelp, configOption } from './command.ts'

export const build: Command = {
  usage: '--target cloudflare [--out DIR] [--name NAME] [--location PLACE] [--config FILE]',
  help: `--target cloudflare  a worker with its wrangler.jsonc, ready for wrangler deploy
--out DIR            the folder to write; dist-cloudflare beside routes.yaml without it
--name NAME          what the worker is called; lark-fanout without it
--location PLACE     where its store shall be, from its first request on: one of
                     ${LOCATIONS.join(', ')}
${configHelp}

routes.yaml is checked as far as it can be without the values of its variables: they stay out of
what is built, and are set as secrets of the worker. Exit code 2 when the file has problems, what
the target lacks among them.`,
  options: {
    ...configOption,
    target: { type: 'string' },
    out: { type: 'string' },
    name: { type: 'string', default: 'lark-fanout' },
    location: { type: 'string' },
  },
  run: async (args) => (await import('./build/run.ts')).runBuild(args),
}
