import { appendFile, type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import * as T from '@sinclair/typebox'
import { defineSink, type Event } from 'lark-fanout'

/**
 * Appends one line of JSON an event to a file. Never rotates it: another program may move the file away at any moment,
 * and the next event begins a new one. An event that is delivered again has a line again.
 *
 *     archive:
 *       type: jsonl
 *       path: data/events.jsonl
 */
export default defineSink({
  type: 'jsonl',
  options: T.Object({
    path: T.String({
      minLength: 1,
      description: 'The file; a relative path is beside routes.yaml.',
    }),
    sync: T.Boolean({
      default: true,
      description:
        'Whether a line must have reached the disk before its event counts as delivered.',
    }),
  }),
  async open({ path, sync }, { folder }) {
    const file = resolve(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await appendFile(file, '')
    const append = createAppender(file, sync)
    return { deliver: (event) => append(lineOf(event)) }
  },
})

function lineOf({ id, type, appId, tenantKey, via, time, data }: Event): string {
  const at = new Date(time).toISOString()
  const line = { id, type, app_id: appId, tenant_key: tenantKey, via, time: at, event: data }
  return `${JSON.stringify(line)}\n`
}

/** One write at a time; lines that come while one is under way share the next, and its flush. */
function createAppender(file: string, sync: boolean) {
  let waiting: string[] = []
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()

  function write(): Promise<void> {
    const lines = waiting
    waiting = []
    next = undefined
    return appendLines(file, lines, sync)
  }

  return (line: string): Promise<void> => {
    waiting.push(line)
    next ??= last = last.then(write, write)
    return next
  }
}

async function appendLines(file: string, lines: readonly string[], sync: boolean): Promise<void> {
  const handle = await open(file, 'a+')
  try {
    const start = (await endsInMidLine(handle)) ? '\n' : ''
    await handle.appendFile(start + lines.join(''))
    if (sync) await handle.datasync()
  } finally {
    await handle.close()
  }
}

/** After a crash or on a full disk: the half line must not spoil the one after it. */
async function endsInMidLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}
