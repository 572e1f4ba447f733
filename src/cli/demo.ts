import type { Command } from './command.ts'

export const demo: Command = {
  usage: '[--target cloudflare]',
  help: `Runs a gateway with its store in a temporary folder. Needs nothing but the checkout.
--target cloudflare  builds the gateway as a worker, and runs it in Cloudflare's own runtime`,
  options: { target: { type: 'string' } },
  run: async (args) => (await import('./demo/run.ts')).runDemo(args),
}
