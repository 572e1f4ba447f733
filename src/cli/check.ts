import { readConfigFile } from '../hosts/node-config.ts'
import { type Command, configFile, configHelp, configOption, fileAndEnv } from './command.ts'

export const check: Command = {
  usage: '[--config FILE]',
  help: `${configHelp}\n\nExit code 0 when the file is in order, 2 with problems. Nothing is opened or connected.`,
  options: configOption,
  async run(args) {
    const { config, warnings } = await readConfigFile(fileAndEnv(args))
    if (warnings) process.stdout.write(`${warnings}\n\n`)
    const counts = [
      count(config.sources.length, 'source'),
      count(config.sinks.length, 'sink'),
      count(config.routes.length, 'route'),
    ]
    process.stdout.write(`${configFile(args)} is in order: ${counts.join(', ')}\n`)
    return 0
  },
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
