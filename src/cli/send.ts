import { type Command, configHelp, configOption } from './command.ts'

export const send: Command = {
  usage: '[event.json or -] [--url URL] [--source NAME] [--count N] [--rate N]',
  help: `Without a file: an approval_cc event of now. The token is the source's, whatever the file says.

${configHelp}
--url URL       where to; default http://127.0.0.1:$PORT and the source's path
--source NAME   whose keys to use; default the first source that takes callbacks
--count N       how many, from the second on each with an id of its own; default 1
--rate N        how many a second; default as fast as they are answered`,
  positionals: 1,
  options: {
    ...configOption,
    url: { type: 'string' },
    source: { type: 'string' },
    count: { type: 'string', default: '1' },
    rate: { type: 'string' },
  },
  run: async (args) => (await import('./send/run.ts')).runSend(args),
}
