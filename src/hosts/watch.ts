import { readdir, stat } from 'node:fs/promises'
import { isTeamFile } from './routes-files.ts'

const LOOK_EVERY_MS = 250

/** Watches what a plan is made of, as far as it has been told of it. */
export interface Watch {
  /** A file or a folder that is about to be read: from here on no edit of it goes unseen. */
  follow(path: string): Promise<void>
  /** All is about to be read anew. */
  forget(): void
  /** From now on calls `changed` when something is another than when it was read, and has stopped changing. */
  start(changed: () => void): void
  close(): void
}

/**
 * What is half written may be in order and say something else, so a change counts once it is seen twice alike. It looks
 * instead of subscribing: notifications get lost on network disks, on bind mounts, and when an editor or Kubernetes puts
 * a new file in the old one's place.
 */
export function createWatch(): Watch {
  const known = new Map<string, string>()
  let seen = ''
  let looking = false
  let timer: NodeJS.Timeout | undefined
  async function look(changed: () => void): Promise<void> {
    if (looking) return
    looking = true
    const now = await Promise.all(
      [...known.keys()].map(async (path) => [path, await identityOf(path)] as const),
    )
    looking = false
    const others = now.filter(([path, identity]) => (known.get(path) ?? identity) !== identity)
    const isSettled = JSON.stringify(now) === seen
    seen = JSON.stringify(now)
    if (others.length === 0 || !isSettled) return
    for (const [path, identity] of others) known.set(path, identity)
    changed()
  }
  return {
    async follow(path) {
      known.set(path, await identityOf(path))
    },
    forget: () => known.clear(),
    start(changed) {
      timer = setInterval(() => void look(changed), LOOK_EVERY_MS)
    },
    close: () => clearInterval(timer),
  }
}

/** What changes whenever the file does; of a folder, which team's files it holds. */
async function identityOf(path: string): Promise<string> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) return (await readdir(path)).filter(isTeamFile).sort().join('/')
    return `${found.mtimeMs} ${found.size} ${found.ino}`
  } catch {
    return 'absent'
  }
}
