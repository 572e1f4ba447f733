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

/** What slows a process's flushes down by 5 ms, built into this folder. Throws where there is no gcc to build it. */
export function slowFlushEnv(folder: string): { readonly LD_PRELOAD: string } {
  const library = join(folder, 'slow-flush.so')
  const args = ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']
  const { error, status } = spawnSync('gcc', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw new Error('--slow-flush needs gcc: install it (apt-get install gcc)')
  if (status !== 0) throw new Error('gcc could not build bench/slow-flush.c: see above')
  return { LD_PRELOAD: library }
}
