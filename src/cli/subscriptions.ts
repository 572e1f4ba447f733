import { type CommandGroup, configHelp, configOption } from './command.ts'

const options = { ...configOption, json: { type: 'boolean' } } as const
const jsonHelp = '--json          one JSON object a line'

const list: CommandGroup['commands'][string] = {
  summary: 'which approvals the routes name; asks nobody',
  usage: '[--json] [--config FILE]',
  help: `The approvals that enabled routes name, and where. SOURCE subscribes to them, for all sources of its app.
Feishu sends the events of an approval only to apps that have subscribed to it.

${configHelp}
${jsonHelp}`,
  options,
  run: async (args) => (await import('./subscriptions/run.ts')).runList(args),
}

const sync: CommandGroup['commands'][string] = {
  summary: 'subscribe to them now',
  usage: '[--json] [--config FILE]',
  help: `Subscribes to every approval that an enabled route names, once for each app: a source must have its app_id and
app_secret, whether or not with subscribe: true. What is subscribed already stays so. At Feishu's pace: 90 a minute.

Exit code 0 when all are subscribed, 1 when one is unknown to Feishu or failed.

${configHelp}
${jsonHelp}`,
  options,
  run: async (args) => (await import('./subscriptions/run.ts')).runSync(args),
}

export const subscriptions: CommandGroup = { commands: { list, sync } }
