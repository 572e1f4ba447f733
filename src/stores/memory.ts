import type { Store } from '../core/store.ts'
import { memoryChanges } from './memory/changes.ts'
import { memoryLanes } from './memory/lanes.ts'
import { memoryOutbox } from './memory/outbox.ts'
import { memoryReads } from './memory/reads.ts'
import { emptyMemory } from './memory/state.ts'

/** Everything is gone when the process ends: for tests and trials. `shared` is for several gateways in that process. */
export function openMemoryStore(shared?: 'shared'): Store {
  const memory = emptyMemory()
  return {
    ...memoryOutbox(memory),
    ...memoryReads(memory),
    ...memoryChanges(memory),
    check: async () => {},
    close: async () => {},
    ...(shared && { lanes: memoryLanes() }),
  }
}
