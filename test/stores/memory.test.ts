import { openMemoryStore } from '../../src/stores/memory.ts'
import { storeLaws } from '../suites/store.ts'

storeLaws('memory', async () => openMemoryStore())
