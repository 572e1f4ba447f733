import { type Command, configHelp, configOption } from './command.ts'

export const serve: Command = {
  usage: '[--config FILE] [--dev] [--watch | --no-watch]',
  help: `${configHelp}
--dev           for a first try: loopback only; makes up missing verification_tokens and
                encrypt_keys of sources, and prints them
--watch         reload whenever routes.yaml changes, a file in routes.d, or a schema that
                routes.yaml names, and on SIGHUP: the default
--no-watch      reload on SIGHUP only

SIGTERM and SIGINT finish what is in flight, give the rest back to the store, and exit with 0.`,
  options: { ...configOption, dev: { type: 'boolean' }, watch: { type: 'boolean', default: true } },
  run: async (args) => (await import('./serve/run.ts')).runServe(args),
}
