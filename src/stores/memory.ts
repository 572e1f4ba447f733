import type { Store } from '../core/store.ts'
import { memoryChanges } from './memory/changes.ts'
import { memoryOutbox } from './memory/outbox.ts'
import { memoryReads } from './memory/reads.ts'
import { emptyMemory } from './memory/state.ts'

/** Everything is gone when the process ends: for tests and trials. */
export function openMemoryStore(): Store {
  const memory = emptyMemory()
  return {
    ...memoryOutbox(memory),
    ...memoryReads(memory),
    ...memoryChanges(memory),
    check: async () => {},
    close: async () => {},
  }
}
