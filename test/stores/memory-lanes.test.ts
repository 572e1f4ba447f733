import { memoryLanes } from '../core/lane/memory-lanes.ts'
import { lanesLaws } from '../suites/lanes.ts'

lanesLaws('memory', async () => memoryLanes())
