import { stat } from 'node:fs/promises'

const LOOK_EVERY_MS = 250

/**
 * Calls `changed` when a file is no longer the one that `since` names, and has stopped changing: half a file may be a
 * good one that says something else. It looks instead of subscribing: notifications get lost on network disks, on bind
 * mounts, and when an editor or Kubernetes puts a new file in the old one's place.
 */
export function watchFile(file: string, since: string, changed: () => void): { close(): void } {
  let known = since
  let seen = since
  let looking = false
  async function look(): Promise<void> {
    if (looking) return
    looking = true
    const now = await identityOf(file)
    looking = false
    if (now === seen && now !== known) {
      known = now
      changed()
    }
    seen = now
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return { close: () => clearInterval(timer) }
}

/** What changes whenever the file does. Taken before the file is read, no edit goes unseen. */
export async function identityOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'absent'
  }
}
