import { memoryLanes } from '../../src/stores/memory/lanes.ts'
import { lanesLaws } from '../suites/lanes.ts'

lanesLaws('memory', async () => memoryLanes())
