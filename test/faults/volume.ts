import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { whyNot } from './harness.ts'

/** Why no volume can be mounted here; undefined when one can. */
export const noVolumes = whyNot(
  'sh',
  '-c',
  'folder=$(mktemp -d) && mount -t tmpfs none "$folder" && umount "$folder" && rmdir "$folder"',
)

/** A small disk of its own. */
export interface Volume extends Disposable {
  /** Nothing can be written to it until it is freed. */
  fill(): void
  free(): Promise<void>
  makeReadOnly(): void
}

/** Mounts 64 MiB at a folder, which is made: room for a write-ahead log of 32 MB and for what it is folded into. */
export function mountVolume(folder: string): Volume {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', folder])
  const ballast = join(folder, 'ballast')
  return {
    fill() {
      for (let size = 8 << 20; size >= 4096; size /= 2) while (append(ballast, size));
    },
    free: () => rm(ballast),
    makeReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', folder]),
    // Lazily: what a failed test leaves open must not keep the mount.
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]),
  }
}

/** Whether there was room for it. */
function append(file: string, size: number): boolean {
  try {
    writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    return true
  } catch (error) {
    if (Object(error).code !== 'ENOSPC') throw error
    return false
  }
}
