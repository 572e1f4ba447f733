import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const SOURCE = fileURLToPath(new URL('./slow-flush.c', import.meta.url))

/** Whether the command line asks for the flushes of an ordinary disk. */
export function wantsSlowFlush(): boolean {
  const { values } = parseArgs({ options: { 'slow-flush': { type: 'boolean' } } })
  return values['slow-flush'] ?? false
}

/** What slows a process's flushes down by 5 ms, built into this folder. Without gcc, ends the bench and says so. */
export function slowFlushEnv(folder: string): { readonly LD_PRELOAD: string } {
  const library = join(folder, 'slow-flush.so')
  const args = ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']
  const { error, status } = spawnSync('gcc', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) return { LD_PRELOAD: library }
  const why = error
    ? 'needs gcc: install it (apt-get install gcc)'
    : 'gcc could not build slow-flush.c'
  console.error(`bench --slow-flush: ${why}`)
  process.exit(1)
}
