import { stat } from 'node:fs/promises'

const LOOK_EVERY_MS = 300

/**
 * Calls `changed` when a file has become another one. It looks instead of subscribing: notifications get lost on
 * network disks, on bind mounts and when an editor or Kubernetes puts a new file in the old one's place.
 */
export function watchFile(file: string, changed: () => void): { close(): void } {
  let seen: string | undefined
  let looking = false
  async function look(): Promise<void> {
    if (looking) return
    looking = true
    const now = await identity(file)
    looking = false
    if (seen !== undefined && now !== seen) changed()
    seen = now
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  void look()
  return { close: () => clearInterval(timer) }
}

async function identity(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'absent'
  }
}
