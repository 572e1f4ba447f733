import { type Command, configHelp, configOption } from './command.ts'

export const check: Command = {
  usage: '[--config FILE] [--no-env | --live [--json]]',
  help: `${configHelp}
--no-env        for pull requests, which have no secrets: no variable need be set, and what the values are
                part of is not checked, nor are the files that the options name
--live          also ask receivers, brokers and Feishu whether they are there: consumers that have a
                verification_token or an encrypt_key for their url_verification, other webhooks by
                HEAD, Kafka for the topic, Feishu whether it takes the app, and for subscriptions,
                which are made where they are missing (subscribe: true). No event is delivered
--json          with --live: print one JSON object an answer

Exit code 0 when all is in order, 2 when the file has problems, 1 when something live is wrong.
Without --live nothing is opened or connected; the files that the options name are read.`,
  options: {
    ...configOption,
    env: { type: 'boolean', default: true },
    live: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (args) => (await import('./check/run.ts')).runCheck(args),
}
