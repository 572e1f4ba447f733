import type { Host, Place } from './places.ts'
import type { World } from './world.ts'

/** One line of the table: the same case everywhere. */
export interface Row {
  readonly name: string
  /** Takes its time: begun before all others of its column, and awaited in its turn. */
  readonly isLong?: true
  /** `world` is one for all rows of a column. */
  run(world: World, place: Place): Promise<void>
}

/** A line for the places where the command line runs. */
export interface HostRow {
  readonly name: string
  run(host: Host): Promise<void>
}
