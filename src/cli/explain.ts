import { type Command, configHelp, configOption } from './command.ts'
import { USUAL_TYPE } from './sample-event.ts'

export const explain: Command = {
  usage: '<event.json or -> [--type TYPE] [--config FILE] [--json]',
  help: `${configHelp}
--type TYPE     of an event that does not say its type; without it: ${USUAL_TYPE}
--json          print one JSON object

The file holds a callback, decrypted; {"event": {…}, "type": "…"}; or the \`event\` object alone. Of the variables in
routes.yaml only those that routes depend on must be set.`,
  positionals: 1,
  options: { ...configOption, type: { type: 'string' }, json: { type: 'boolean' } },
  run: async (args) => (await import('./explain/run.ts')).runExplain(args),
}
