import type { Host, Place } from './places.ts'
import type { World } from './world.ts'

/** One line of the table: the same case everywhere. */
export interface Row {
  readonly name: string
  /** `world` is one for all rows of a column. */
  run(world: World, place: Place): Promise<void>
}

/** A line for the places where the command line runs. */
export interface HostRow {
  readonly name: string
  run(host: Host): Promise<void>
}
