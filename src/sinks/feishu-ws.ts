import { defineSink } from '../core/plugin.ts'
import { longConnectionOptions } from './feishu-ws/options.ts'
import { createServer } from './feishu-ws/server.ts'

/** Plays Feishu to a consumer's official SDK client, which connects to the gateway and is sent each event there. */
export const feishuWs = defineSink({
  type: 'feishu-ws',
  options: longConnectionOptions,
  unique: 'app_id',
  preview: ({ raw }) => raw,
  open: (options, runtime) => createServer(options, runtime),
})
