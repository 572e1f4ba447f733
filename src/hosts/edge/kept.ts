import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/runtime.ts'
import type { KeyStorage } from './platform.ts'

/** What outlives the object's isolate, which ends when nothing has come for 10 s. */
interface Kept {
  /** As it was when it was last written; undefined where it never was. */
  readonly saved: unknown
  /** To be called at each change; `save` is asked for all of it a little later. */
  changed(save: () => unknown): void
}

/** Each time costs a written row. An isolate that is killed loses what has changed since the last one. */
const WRITE_EVERY_MS = 5_000

export async function openKept(storage: KeyStorage, key: string, log: Log): Promise<Kept> {
  const text = await storage.get(key)
  let isToBeWritten = false

  async function write(save: () => unknown): Promise<void> {
    isToBeWritten = false
    try {
      await storage.put(key, JSON.stringify(save()))
    } catch (error) {
      log.error({ error: messageOf(error) }, `cannot keep the ${key}`)
    }
  }

  return {
    saved: typeof text === 'string' ? JSON.parse(text) : undefined,
    changed(save) {
      if (isToBeWritten) return
      isToBeWritten = true
      setTimeout(write, WRITE_EVERY_MS, save)
    },
  }
}
